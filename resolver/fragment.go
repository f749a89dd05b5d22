package resolver

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"sync"
)

// fragment is a piece of JSON: text of its own, and fragments that it shares
// with others in between. The text and its compressed forms are made when they
// are first needed, and once.
type fragment struct {
	build  sync.Once
	own    pieces
	shared []*fragment
	size   int
	digest [sha256.Size]byte
	err    error
	// joined says that it is compressed in one piece with all it shares, and not
	// each by itself: the result is shorter, and there is one more of it to keep.
	joined bool
	// whole is for a fragment that may be joined later; nil for others.
	whole *whole

	compressed [codecs]form
}

// form is a fragment's own text, compressed, or all of a joined one's.
type form struct {
	pieces

	make sync.Once
	// size is that of the whole fragment.
	size int
}

// pieces is text in pieces. A fragment has one more of them than it has shared
// fragments: these stand between.
type pieces struct {
	text []byte
	// ends are where the pieces end in the text.
	ends []int32
}

func (p *pieces) at(i int) []byte {
	start := int32(0)
	if i > 0 {
		start = p.ends[i-1]
	}
	return p.text[start:p.ends[i]]
}

func (p *pieces) end() {
	p.ends = append(p.ends, int32(len(p.text))) //nolint:gosec // a file of 2 GiB is never read
}

// clipped is the same without what was set aside while it grew.
func (p *pieces) clipped() pieces { return pieces{text: bytes.Clone(p.text), ends: p.ends} }

// in is each piece compressed by itself.
func (p *pieces) in(c codec) pieces {
	var all pieces
	for i := range p.ends {
		all.text = c.append(all.text, p.at(i))
		all.end()
	}
	return all.clipped()
}

// make encodes the value that the function lays out, below a prefix.
func (f *fragment) make(prefix string, value func(*layout) any) error {
	f.build.Do(func() {
		l := &layout{}
		text, err := encode(value(l), prefix)
		if f.err = cmp.Or(l.err, err); f.err == nil {
			f.own, f.shared = cut(text), l.shared
			f.measure()
		}
	})
	return f.err
}

// cut cuts text at its marks.
func cut(text []byte) pieces {
	count := bytes.Count(text, []byte(mark))
	p := pieces{text: make([]byte, 0, len(text)-count*len(mark)), ends: make([]int32, 0, count+1)}
	for piece := range bytes.SplitSeq(text, []byte(mark)) {
		p.text = append(p.text, piece...)
		p.end()
	}
	return p
}

// measure takes size and digest. The digest of what is shared stands for it, so
// that it is read once.
func (f *fragment) measure() {
	sum := sha256.New()
	for i := range f.own.ends {
		own := f.own.at(i)
		f.size += len(own)
		sum.Write(binary.AppendUvarint(nil, uint64(len(own))))
		sum.Write(own)
		if i < len(f.shared) {
			f.size += f.shared[i].size
			sum.Write(f.shared[i].digest[:])
		}
	}
	sum.Sum(f.digest[:0])
}

// in is the fragment's form by a codec.
func (f *fragment) in(c codec) *form {
	made := &f.compressed[c]
	made.make.Do(func() {
		if f.joined {
			made.pieces = f.join(c)
		} else {
			made.pieces = f.own.in(c)
		}
		made.size = len(made.text)
		for _, shared := range f.shared {
			if !f.joined {
				made.size += shared.in(c).size
			}
		}
	})
	return made
}

// join is all of the fragment as one compressed piece.
func (f *fragment) join(c codec) pieces {
	text := pieces{text: f.appendTo(make([]byte, 0, f.size))}
	text.end()
	return text.in(c)
}

// appendTo appends the text of the fragment with all it shares.
func (f *fragment) appendTo(text []byte) []byte {
	for i := range f.own.ends {
		text = append(text, f.own.at(i)...)
		if i < len(f.shared) {
			text = f.shared[i].appendTo(text)
		}
	}
	return text
}

// write writes the pieces, and what is shared between them by a codec.
func (p *pieces) write(w io.Writer, shared []*fragment, c codec) error {
	for i := range p.ends {
		if _, err := w.Write(p.at(i)); err != nil {
			return err
		}
		if i == len(p.ends)-1 {
			break // what is joined shares nothing more
		}
		next := &shared[i].own
		if c != plain {
			next = &shared[i].in(c).pieces
		}
		if err := next.write(w, shared[i].shared, c); err != nil {
			return err
		}
	}
	return nil
}
