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
// with others in between. The text and its compressed form are made when they
// are first needed, and once.
type fragment struct {
	build  sync.Once
	own    pieces
	shared []*fragment
	size   int
	digest [sha256.Size]byte
	err    error

	compress     sync.Once
	deflated     pieces
	deflatedSize int

	frame      sync.Once
	frames     pieces
	framesSize int
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

// clipped is the same without what was set aside while it grew.
func (p *pieces) clipped() pieces { return pieces{text: bytes.Clone(p.text), ends: p.ends} }

func (p *pieces) end() {
	p.ends = append(p.ends, int32(len(p.text))) //nolint:gosec // a file of 2 GiB is never read
}

// make encodes the value that the function lays out, below a prefix.
func (f *fragment) make(prefix string, value func(*layout) any) error {
	f.build.Do(func() {
		l := &layout{}
		text, err := encode(value(l), prefix)
		if f.err = cmp.Or(l.err, err); f.err != nil {
			return
		}
		f.shared = l.shared
		f.own = cut(text)
		f.measure()
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

// plain is the fragment's own text.
func (f *fragment) plain() *pieces { return &f.own }

// zipped is the fragment's own text as deflated blocks.
func (f *fragment) zipped() *pieces {
	f.compress.Do(func() {
		var p pieces
		for i := range f.own.ends {
			p.text = deflate(p.text, f.own.at(i))
			p.end()
		}
		f.deflated, f.deflatedSize = p.clipped(), len(p.text)
		for _, shared := range f.shared {
			shared.zipped()
			f.deflatedSize += shared.deflatedSize
		}
	})
	return &f.deflated
}

// write writes the fragment, with all it shares, in a form.
func (f *fragment) write(w io.Writer, form func(*fragment) *pieces) error {
	own := form(f)
	for i := range own.ends {
		if _, err := w.Write(own.at(i)); err != nil {
			return err
		}
		if i == len(f.shared) {
			return nil
		}
		if err := f.shared[i].write(w, form); err != nil {
			return err
		}
	}
	return nil
}
