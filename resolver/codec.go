package resolver

import (
	"sync"

	"github.com/klauspost/compress/zstd"
)

// codec is a way to compress text such that compressed pieces can be put one
// after another: so each fragment is compressed once, and a body is put together
// of finished pieces.
type codec int

const (
	// deflated text is blocks that begin and end at a byte and refer to nothing
	// before them. A gzip stream has a header before them, and a trailer after.
	deflated codec = iota
	// framed text is a Zstandard frame for each piece.
	framed
	// plain text is as it is.
	plain
)

// codecs is how many codecs compress.
const codecs = plain

// append appends compressed text.
func (c codec) append(dst, text []byte) []byte {
	switch {
	case len(text) == 0:
		return dst
	case c == framed:
		return zstdEncoder().EncodeAll(text, dst)
	default:
		return deflate(dst, text)
	}
}

// zstdWindow is how far back a frame may refer, in bytes. Most of what is
// compressed in one piece is shorter, and a reader needs no more memory than
// this.
const zstdWindow = 256 << 10

// zstdEncoder is safe for concurrent use in the one way it is used here.
var zstdEncoder = sync.OnceValue(func() *zstd.Encoder { //nolint:gochecknoglobals // it never changes
	encoder, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(zstdWindow),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true)) // the options are valid
	return encoder
})
