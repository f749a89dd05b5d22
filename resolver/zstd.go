package resolver

import (
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Zstandard's data are frames, and frames may be put one after another: each
// piece of a fragment is a frame of its own, so that a body is put together of
// finished frames as it is of finished blocks for gzip.

// zstdWindow is how far back a frame may refer, in bytes. Scripts are shorter,
// and a reader needs no more memory than this.
const zstdWindow = 256 << 10

// zstdEncoder is safe for concurrent use in the one way it is used here.
var zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) { //nolint:gochecknoglobals // it never changes
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(zstdWindow),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
})

// framed is the fragment's own text as Zstandard frames.
func (f *fragment) framed() *pieces {
	f.frame.Do(func() {
		encoder, err := zstdEncoder()
		if err != nil {
			return // the options are valid
		}
		var p pieces
		for i := range f.own.ends {
			if own := f.own.at(i); len(own) > 0 {
				p.text = encoder.EncodeAll(own, p.text)
			}
			p.end()
		}
		f.frames, f.framesSize = p.clipped(), len(p.text)
		for _, shared := range f.shared {
			shared.framed()
			f.framesSize += shared.framesSize
		}
	})
	return &f.frames
}

// ZstdLen is the size in bytes of what [Body.WriteZstd] writes.
func (b *Body) ZstdLen() int {
	b.text.framed()
	return b.text.framesSize
}

// WriteZstd writes the body as Zstandard frames.
func (b *Body) WriteZstd(w io.Writer) error { return b.text.write(w, (*fragment).framed) }
