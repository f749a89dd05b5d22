package resolver

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
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
	blocks []block
	digest [sha256.Size]byte
	// forms have the size, and in encodings the pieces that are long.
	forms [encodings]form
}

// block is a part of a configuration's own text, packed: some have dozens of
// megabytes, and only one block of them is unpacked at a time.
type block struct {
	packed []byte
	// ends are where the pieces end in the block.
	ends []int32
}

// blockSize is the size in bytes that a block of several pieces has at most.
const blockSize = 256 << 10

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

// gathered is where a body is gathered, some pieces at a time: its bytes as they lie
// in memory, most of them shared with other bodies, and room for those that had to be
// made.
type gathered struct {
	pieces   [][]byte
	own, raw []byte
}

// begin keeps nothing but the room, and leaves the first place free.
func (g *gathered) begin() {
	clear(g.pieces)
	g.pieces = append(g.pieces[:0], nil)
}

func (g *gathered) add(piece []byte) {
	if len(piece) > 0 {
		g.pieces = append(g.pieces, piece)
	}
}

var rooms = sync.Pool{New: func() any { return &gathered{} }} //nolint:gochecknoglobals // what is taken from it holds nothing of its last use

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
		o.forms[plain].size = len(own.text)
		o.pack(own)
	})
	return o.err
}

// pack puts pieces into blocks.
func (o *ownText) pack(own pieces) {
	room, _ := rooms.Get().(*gathered) // it holds nothing else
	defer rooms.Put(room)
	start := int32(0)
	var ends []int32
	for i, end := range own.ends {
		ends = append(ends, end-start)
		if next := i + 1; next == len(own.ends) || own.ends[next]-start > blockSize {
			room.own = s2.Encode(room.own[:cap(room.own)], own.text[start:end])
			o.blocks = append(o.blocks, block{bytes.Clone(room.own), slices.Clip(ends)})
			start, ends = end, nil
		}
	}
}

// unpack gives the block's pieces.
func (b *block) unpack(room *gathered) (pieces, error) {
	var err error
	if room.own, err = s2.Decode(room.own[:cap(room.own)], b.packed); err != nil {
		return pieces{}, fmt.Errorf("unpack: %w", err) // never, as nobody changes it
	}
	return pieces{text: room.own, ends: b.ends}, nil
}

// in is the text in an encoding: the long pieces, and the size of all.
func (o *ownText) in(e encoding) *form {
	whole := &o.forms[e]
	if e == plain {
		return whole
	}
	whole.made.Do(func() {
		room, _ := rooms.Get().(*gathered) // it holds nothing else
		defer rooms.Put(room)
		var long pieces
		for i := range o.blocks {
			own, _ := o.blocks[i].unpack(room) // gives no error
			for i := range own.ends {
				if piece := own.at(i); len(piece) < worthKeeping {
					room.raw = e.appendRaw(room.raw[:0], piece)
					whole.size += len(room.raw)
				} else {
					long.text = e.append(long.text, piece)
					long.end()
				}
			}
		}
		whole.own, whole.size = long.clipped(), whole.size+len(long.text)
	})
	return whole
}

// gather gathers the body in an encoding, between two texts.
func (b *Body) gather(e encoding, before, after []byte, send func([][]byte) error) error {
	room, _ := rooms.Get().(*gathered) // it holds nothing else
	defer rooms.Put(room)
	defer room.begin()
	long, nextLong, shared := &b.own.in(e).own, 0, b.shared
	room.begin()
	room.add(before)
	for i := range b.own.blocks {
		if i > 0 {
			if err := send(room.pieces); err != nil {
				return err
			}
			room.begin()
		}
		own, err := b.own.blocks[i].unpack(room)
		if err != nil {
			return err
		}
		room.raw = room.raw[:0]
		for i := range own.ends {
			piece := own.at(i)
			switch {
			case e == plain:
			case len(piece) < worthKeeping:
				start := len(room.raw)
				room.raw = e.appendRaw(room.raw, piece)
				piece = room.raw[start:]
			default:
				piece = long.at(nextLong)
				nextLong++
			}
			room.add(piece)
			if len(shared) > 0 {
				shared[0].gather(room, e)
				shared = shared[1:]
			}
		}
	}
	room.add(after)
	return send(room.pieces)
}

// Digest is text that is the same only for the same body.
func (b *Body) Digest() string { return hex.EncodeToString(b.digest[:16]) }

// Len is the size in bytes of what [Body.Gather] gathers.
func (b *Body) Len() int { return b.size(plain) }

// Gather gathers the body, and gives its pieces to a function, which has them until
// it returns and must not change them. It is called several times for a body with
// much text of its own. The first piece is empty each time: it is a place for what
// the function wants to put before.
func (b *Body) Gather(send func(pieces [][]byte) error) error {
	return b.gather(plain, nil, nil, send)
}

// Write writes the body.
func (b *Body) Write(w io.Writer) error {
	return b.Gather(func(pieces [][]byte) error {
		for _, piece := range pieces {
			if _, err := w.Write(piece); err != nil {
				return err
			}
		}
		return nil
	})
}

// GzipLen is the size in bytes of what [Body.GatherGzip] gathers.
func (b *Body) GzipLen() int { return len(gzipHeader) + b.size(deflated) + gzipTrailerLen }

// GatherGzip is [Body.Gather] for the body as one gzip stream.
func (b *Body) GatherGzip(send func(pieces [][]byte) error) error {
	return b.gather(deflated, []byte(gzipHeader), gzipTrailer(b.crc(), b.Len()), send)
}

// ZstdLen is the size in bytes of what [Body.GatherZstd] gathers.
func (b *Body) ZstdLen() int { return b.size(framed) }

// GatherZstd is [Body.Gather] for the body as Zstandard frames.
func (b *Body) GatherZstd(send func(pieces [][]byte) error) error {
	return b.gather(framed, nil, nil, send)
}

// crc is the checksum of the whole text.
func (b *Body) crc() uint32 {
	b.sum.Do(func() {
		hash := crc32.NewIEEE()
		_ = b.Write(hash) // writing to a hash gives no error
		b.checksum = hash.Sum32()
	})
	return b.checksum
}
