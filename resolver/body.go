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

// Gathered is where a body is gathered: its bytes as they lie in memory, in pieces
// of which most are shared with other bodies, and room for what had to be made for
// this one. It may be used again and again, by one goroutine at a time.
type Gathered struct {
	// Pieces are those gathered so far, in order. They must not be changed, and are
	// valid until the next body is gathered.
	Pieces [][]byte

	own, raw []byte
}

func (g *Gathered) add(piece []byte) {
	if len(piece) > 0 {
		g.Pieces = append(g.Pieces, piece)
	}
}

var rooms = sync.Pool{New: func() any { return &Gathered{} }} //nolint:gochecknoglobals // what is taken from it holds nothing of its last use

func (b *Body) pack() {
	room, _ := rooms.Get().(*Gathered) // it holds nothing else
	defer rooms.Put(room)
	own := &b.text.forms[plain].own
	room.own = s2.Encode(room.own[:cap(room.own)], own.text)
	b.packed, own.text = bytes.Clone(room.own), nil
}

// unpack gives the body's own pieces.
func (b *Body) unpack(room *Gathered) (pieces, error) {
	var err error
	if room.own, err = s2.Decode(room.own[:cap(room.own)], b.packed); err != nil {
		return pieces{}, fmt.Errorf("unpack: %w", err) // never, as nobody changes it
	}
	return pieces{text: room.own, ends: b.text.forms[plain].own.ends}, nil
}

// in is the body in an encoding. Of its own pieces, it has the long ones.
func (b *Body) in(e encoding) *form {
	whole := &b.text.forms[e]
	if e == plain {
		return whole
	}
	whole.made.Do(func() {
		room, _ := rooms.Get().(*Gathered) // it holds nothing else
		defer rooms.Put(room)
		own, _ := b.unpack(room) // gives no error
		var long pieces
		size := 0
		for i := range own.ends {
			if piece := own.at(i); len(piece) < worthKeeping {
				room.raw = e.appendRaw(room.raw[:0], piece)
				size += len(room.raw)
			} else {
				long.text = e.append(long.text, piece)
				long.end()
			}
		}
		whole.own, whole.size = long.clipped(), size+len(long.text)+b.text.sharedSize(e)
	})
	return whole
}

// gather appends the body's pieces in an encoding.
func (b *Body) gather(into *Gathered, e encoding) error {
	long, nextLong := &b.in(e).own, 0
	own, err := b.unpack(into)
	if err != nil {
		return err
	}
	into.raw = into.raw[:0]
	for i := range own.ends {
		piece := own.at(i)
		switch {
		case e == plain:
		case len(piece) < worthKeeping:
			start := len(into.raw)
			into.raw = e.appendRaw(into.raw, piece)
			piece = into.raw[start:]
		default:
			piece = long.at(nextLong)
			nextLong++
		}
		into.add(piece)
		if i < len(b.text.shared) {
			b.text.shared[i].gather(into, e)
		}
	}
	return nil
}

// Digest is text that is the same only for the same body.
func (b *Body) Digest() string { return hex.EncodeToString(b.text.digest[:16]) }

// Len is the size in bytes of what [Body.Gather] gathers.
func (b *Body) Len() int { return b.in(plain).size }

// Gather appends the body's pieces.
func (b *Body) Gather(into *Gathered) error { return b.gather(into, plain) }

// Write writes the body.
func (b *Body) Write(w io.Writer) error {
	room, _ := rooms.Get().(*Gathered) // it holds nothing else
	defer func() {
		clear(room.Pieces)
		room.Pieces = room.Pieces[:0]
		rooms.Put(room)
	}()
	if err := b.Gather(room); err != nil {
		return err
	}
	for _, piece := range room.Pieces {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// GzipLen is the size in bytes of what [Body.GatherGzip] gathers.
func (b *Body) GzipLen() int { return len(gzipHeader) + b.in(deflated).size + gzipTrailerLen }

// GatherGzip appends the pieces of the body as one gzip stream.
func (b *Body) GatherGzip(into *Gathered) error {
	into.add([]byte(gzipHeader))
	if err := b.gather(into, deflated); err != nil {
		return err
	}
	into.add(gzipTrailer(b.crc(), b.Len()))
	return nil
}

// ZstdLen is the size in bytes of what [Body.GatherZstd] gathers.
func (b *Body) ZstdLen() int { return b.in(framed).size }

// GatherZstd appends the pieces of the body as Zstandard frames.
func (b *Body) GatherZstd(into *Gathered) error { return b.gather(into, framed) }

// crc is the checksum of the whole text.
func (b *Body) crc() uint32 {
	b.sum.Do(func() {
		hash := crc32.NewIEEE()
		_ = b.Write(hash) // writing to a hash gives no error
		b.checksum = hash.Sum32()
	})
	return b.checksum
}
