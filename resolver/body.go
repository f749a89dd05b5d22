package resolver

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/s2"
)

// Body is a resolved configuration as JSON, indented by two spaces. It is not
// kept in one piece: what the configuration shares with others is written from
// where it is shared.
type Body struct {
	build sync.Once
	err   error
	own   *ownText
	// shared stand between the pieces of the configuration's own text.
	shared []*fragment
	digest [sha256.Size]byte

	sizes [encodings]struct {
		once  sync.Once
		bytes int
	}
	sum      sync.Once
	checksum uint32
}

// ownText is what a configuration alone says, in pieces. All bodies of a shape have
// it: they differ in scripts alone, and these are shared. It is kept packed, as there
// are thousands of configurations: to unpack it takes less time than to send it.
type ownText struct {
	build  sync.Once
	err    error
	packed []byte
	digest [sha256.Size]byte
	// forms have, of plain text, where the pieces end; and in other encodings the
	// pieces that are long.
	forms [encodings]form
}

// worthKeeping is the size in bytes from which a piece of a configuration's own text
// is kept compressed. Shorter ones are sent as they are.
const worthKeeping = 1 << 10

// Body is the configuration as JSON. It is made when it is first asked for.
func (r *Resolved) Body() (*Body, error) {
	b := &r.body
	b.build.Do(func() {
		l := &layout{}
		value := l.config(r)
		if b.err = cmp.Or(l.err, r.own.make(value)); b.err != nil {
			b.err = fmt.Errorf("encode configuration %s: %w", r.source.Metadata, b.err)
			return
		}
		b.own, b.shared = r.own, l.shared
		b.measure()
	})
	return b, b.err
}

// measure takes the digest. Those of its parts stand for these.
func (b *Body) measure() {
	sum := sha256.New()
	sum.Write(b.own.digest[:])
	for _, shared := range b.shared {
		sum.Write(shared.digest[:])
	}
	sum.Sum(b.digest[:0])
}

// size is how many bytes the body has in an encoding, without what is before and
// behind it.
func (b *Body) size(e encoding) int {
	size := &b.sizes[e]
	size.once.Do(func() { size.bytes = b.own.in(e).size + sizeOf(b.shared, e) })
	return size.bytes
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

// make encodes a configuration of which the shared fragments are marked.
func (o *ownText) make(config any) error {
	o.build.Do(func() {
		text, err := encode(config, "")
		if o.err = err; err != nil {
			return
		}
		own := cut(text)
		sum := sha256.New()
		for i := range own.ends {
			own.measure(sum, i)
		}
		sum.Sum(o.digest[:0])
		room, _ := rooms.Get().(*Gathered) // it holds nothing else
		defer rooms.Put(room)
		room.own = s2.Encode(room.own[:cap(room.own)], own.text)
		o.packed = bytes.Clone(room.own)
		o.forms[plain] = form{own: pieces{ends: own.ends}, size: len(own.text)}
	})
	return o.err
}

// unpack gives the pieces.
func (o *ownText) unpack(room *Gathered) (pieces, error) {
	var err error
	if room.own, err = s2.Decode(room.own[:cap(room.own)], o.packed); err != nil {
		return pieces{}, fmt.Errorf("unpack: %w", err) // never, as nobody changes it
	}
	return pieces{text: room.own, ends: o.forms[plain].own.ends}, nil
}

// in is the text in an encoding: the long pieces, and the size of all.
func (o *ownText) in(e encoding) *form {
	whole := &o.forms[e]
	if e == plain {
		return whole
	}
	whole.made.Do(func() {
		room, _ := rooms.Get().(*Gathered) // it holds nothing else
		defer rooms.Put(room)
		own, _ := o.unpack(room) // gives no error
		var long pieces
		for i := range own.ends {
			if piece := own.at(i); len(piece) < worthKeeping {
				room.raw = e.appendRaw(room.raw[:0], piece)
				whole.size += len(room.raw)
			} else {
				long.text = e.append(long.text, piece)
				long.end()
			}
		}
		whole.own, whole.size = long.clipped(), whole.size+len(long.text)
	})
	return whole
}

// gather appends the body's pieces in an encoding.
func (b *Body) gather(into *Gathered, e encoding) error {
	long, nextLong := &b.own.in(e).own, 0
	own, err := b.own.unpack(into)
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
		if i < len(b.shared) {
			b.shared[i].gather(into, e)
		}
	}
	return nil
}

// Digest is text that is the same only for the same body.
func (b *Body) Digest() string { return hex.EncodeToString(b.digest[:16]) }

// Len is the size in bytes of what [Body.Gather] gathers.
func (b *Body) Len() int { return b.size(plain) }

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
func (b *Body) GzipLen() int { return len(gzipHeader) + b.size(deflated) + gzipTrailerLen }

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
func (b *Body) ZstdLen() int { return b.size(framed) }

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
