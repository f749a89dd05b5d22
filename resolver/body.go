package resolver

import (
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
)

// Body is a resolved configuration as JSON, indented by two spaces. It is not
// kept in one piece: what the configuration shares with others is written from
// where it is shared.
type Body struct {
	text fragment

	sum      sync.Once
	checksum uint32
}

// Body is the configuration as JSON. It is made when it is first asked for.
func (r *Resolved) Body() (*Body, error) {
	if err := r.body.text.make("", func(l *layout) any { return l.config(r) }); err != nil {
		return nil, fmt.Errorf("encode configuration %s: %w", r.source.Metadata, err)
	}
	return &r.body, nil
}

// Digest is text that is the same only for the same body.
func (b *Body) Digest() string { return hex.EncodeToString(b.text.digest[:16]) }

// Len is the size in bytes of what [Body.Write] writes.
func (b *Body) Len() int { return b.text.size }

// Write writes the body.
func (b *Body) Write(w io.Writer) error { return b.text.write(w, (*fragment).plain) }

// GzipLen is the size in bytes of what [Body.WriteGzip] writes.
func (b *Body) GzipLen() int {
	b.text.zipped()
	return len(gzipHeader) + b.text.deflatedSize + gzipTrailerLen
}

// WriteGzip writes the body as one gzip stream.
func (b *Body) WriteGzip(w io.Writer) error {
	if _, err := io.WriteString(w, gzipHeader); err != nil {
		return err
	}
	if err := b.text.write(w, (*fragment).zipped); err != nil {
		return err
	}
	_, err := w.Write(gzipTrailer(b.crc(), b.text.size))
	return err
}

// crc is the checksum of the whole text.
func (b *Body) crc() uint32 {
	b.sum.Do(func() {
		hash := crc32.NewIEEE()
		_ = b.text.write(hash, (*fragment).plain) // writing to a hash gives no error
		b.checksum = hash.Sum32()
	})
	return b.checksum
}
