package resolver

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/s2"
)

// Body is a resolved configuration as JSON, indented by two spaces. It is not
// kept in one piece: what the configuration shares with others is written from
// where it is shared. What it alone says is kept packed, as there are thousands
// of bodies: to unpack it takes less time than to send it.
type Body struct {
	build sync.Once
	err   error
	// text has no plain text of its own, only where the pieces end; and in other
	// encodings the pieces that are long.
	text   fragment
	packed []byte

	sum      sync.Once
	checksum uint32
}

// worthKeeping is the size in bytes from which a body's own piece is kept
// compressed. Shorter ones are sent as they are.
const worthKeeping = 1 << 10

// Body is the configuration as JSON. It is made when it is first asked for.
func (r *Resolved) Body() (*Body, error) {
	b := &r.body
	b.build.Do(func() {
		if err := b.text.make("", func(l *layout) any { return l.config(r) }); err != nil {
			b.err = fmt.Errorf("encode configuration %s: %w", r.source.Metadata, err)
			return
		}
		b.pack()
	})
	return b, b.err
}

// unpacked is room for a body's own text, and for one piece of it.
type unpacked struct{ own, piece []byte }

var unpackings = sync.Pool{New: func() any { return &unpacked{} }} //nolint:gochecknoglobals // it is room, and nothing else

func (b *Body) pack() {
	room, _ := unpackings.Get().(*unpacked) // it holds nothing else
	defer unpackings.Put(room)
	own := &b.text.forms[plain].own
	room.own = s2.Encode(room.own[:cap(room.own)], own.text)
	b.packed, own.text = bytes.Clone(room.own), nil
}

// pieces goes through the body's own pieces, in order. They are valid until the
// next.
func (b *Body) pieces(do func(i int, piece []byte, room *unpacked) error) error {
	room, _ := unpackings.Get().(*unpacked) // it holds nothing else
	defer unpackings.Put(room)
	own, err := s2.Decode(room.own[:cap(room.own)], b.packed)
	if err != nil {
		return fmt.Errorf("unpack: %w", err) // never, as nobody changes it
	}
	room.own = own
	start := int32(0)
	for i, end := range b.text.forms[plain].own.ends {
		if err := do(i, own[start:end], room); err != nil {
			return err
		}
		start = end
	}
	return nil
}

// in is the body in an encoding. Of its own pieces, it has the long ones.
func (b *Body) in(e encoding) *form {
	whole := &b.text.forms[e]
	if e == plain {
		return whole
	}
	whole.made.Do(func() {
		var long pieces
		size := 0
		_ = b.pieces(func(_ int, piece []byte, room *unpacked) error { // gives no error
			if len(piece) < worthKeeping {
				room.piece = e.appendRaw(room.piece[:0], piece)
				size += len(room.piece)
				return nil
			}
			long.text = e.append(long.text, piece)
			long.end()
			return nil
		})
		whole.own, whole.size = long.clipped(), size+len(long.text)+b.text.sharedSize(e)
	})
	return whole
}

// write writes the body in an encoding.
func (b *Body) write(w io.Writer, e encoding) error {
	long, nextLong := &b.in(e).own, 0
	return b.pieces(func(i int, piece []byte, room *unpacked) error {
		switch {
		case e == plain:
		case len(piece) < worthKeeping:
			room.piece = e.appendRaw(room.piece[:0], piece)
			piece = room.piece
		default:
			piece = long.at(nextLong)
			nextLong++
		}
		if _, err := w.Write(piece); err != nil || i == len(b.text.shared) {
			return err
		}
		return b.text.shared[i].write(w, e)
	})
}

// Digest is text that is the same only for the same body.
func (b *Body) Digest() string { return hex.EncodeToString(b.text.digest[:16]) }

// Len is the size in bytes of what [Body.Write] writes.
func (b *Body) Len() int { return b.in(plain).size }

// Write writes the body.
func (b *Body) Write(w io.Writer) error { return b.write(w, plain) }

// GzipLen is the size in bytes of what [Body.WriteGzip] writes.
func (b *Body) GzipLen() int { return len(gzipHeader) + b.in(deflated).size + gzipTrailerLen }

// WriteGzip writes the body as one gzip stream.
func (b *Body) WriteGzip(w io.Writer) error {
	if _, err := io.WriteString(w, gzipHeader); err != nil {
		return err
	}
	if err := b.write(w, deflated); err != nil {
		return err
	}
	_, err := w.Write(gzipTrailer(b.crc(), b.Len()))
	return err
}

// ZstdLen is the size in bytes of what [Body.WriteZstd] writes.
func (b *Body) ZstdLen() int { return b.in(framed).size }

// WriteZstd writes the body as Zstandard frames.
func (b *Body) WriteZstd(w io.Writer) error { return b.write(w, framed) }

// crc is the checksum of the whole text.
func (b *Body) crc() uint32 {
	b.sum.Do(func() {
		hash := crc32.NewIEEE()
		_ = b.Write(hash) // writing to a hash gives no error
		b.checksum = hash.Sum32()
	})
	return b.checksum
}
