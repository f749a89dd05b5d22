package resolver

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"sync"
)

// Body is a resolved configuration as JSON, indented by two spaces. It is not
// kept in one piece: what the configuration shares with others is written from
// where it is shared, and what is its own is kept deflated.
type Body struct {
	build sync.Once
	err   error
	// own is the configuration's own text, deflated piece by piece; ends are where
	// the pieces end in plain text.
	own    pieces
	ends   []int32
	shared []*fragment
	size   int
	digest [sha256.Size]byte

	sum      sync.Once
	checksum uint32
}

// Body is the configuration as JSON. It is made when it is first asked for.
func (r *Resolved) Body() (*Body, error) {
	b := &r.body
	b.build.Do(func() {
		var text fragment
		if b.err = text.make("", func(l *layout) any { return l.config(r) }); b.err == nil {
			b.own, b.ends, b.shared = text.own.in(deflated), text.own.ends, text.shared
			b.size, b.digest = text.size, text.digest
		}
	})
	if b.err != nil {
		return nil, fmt.Errorf("encode configuration %s: %w", r.source.Metadata, b.err)
	}
	return b, nil
}

// Digest is text that is the same only for the same body.
func (b *Body) Digest() string { return hex.EncodeToString(b.digest[:16]) }

// Len is the size in bytes of the JSON.
func (b *Body) Len() int { return b.size }

// Plain is the JSON itself.
func (b *Body) Plain() *Text {
	return &Text{own: b.plain(), shared: b.shared, codec: plain, size: b.size}
}

// Gzip is the body as one gzip stream.
func (b *Body) Gzip() *Text {
	t := &Text{own: b.own, shared: b.shared, codec: deflated, head: []byte(gzipHeader), tail: gzipTrailer(b.crc(), b.size)}
	t.choose()
	return t
}

// Zstd is the body as Zstandard frames.
func (b *Body) Zstd() *Text {
	own := b.plain()
	t := &Text{own: own.in(framed), shared: b.shared, codec: framed}
	t.choose()
	return t
}

// plain is the body's own text, inflated.
func (b *Body) plain() pieces {
	return pieces{text: inflate(b.own.text, int(b.ends[len(b.ends)-1])), ends: b.ends}
}

// crc is the checksum of the whole text.
func (b *Body) crc() uint32 {
	b.sum.Do(func() {
		hash := crc32.NewIEEE()
		_ = b.Plain().Write(hash) // writing to a hash gives no error
		b.checksum = hash.Sum32()
	})
	return b.checksum
}
