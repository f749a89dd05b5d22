package resolver

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
	"sync/atomic"
)

// fragment is a piece of JSON: text of its own, and fragments that it shares
// with others in between. The text and its compressed forms are made when they
// are first needed, and once.
type fragment struct {
	build  sync.Once
	shared []*fragment
	digest [sha256.Size]byte
	err    error

	forms [encodings]form
	// wanted are the forms that somebody asked for, of this text or of one that it is in
	// the place of.
	wanted [encodings]atomic.Bool
}

// form is a fragment in an encoding.
type form struct {
	made sync.Once
	own  pieces
	// size is how many bytes own text and all that is shared have together.
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

// measure adds a piece to a digest, so that it cannot be taken for a part of another.
func (p *pieces) measure(sum hash.Hash, i int) {
	piece := p.at(i)
	sum.Write(binary.AppendUvarint(nil, uint64(len(piece))))
	sum.Write(piece)
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
		f.wanted[plain].Store(true)
		f.shared = l.shared
		f.forms[plain].own = cut(text)
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
	whole := &f.forms[plain]
	for i := range whole.own.ends {
		whole.own.measure(sum, i)
		if i < len(f.shared) {
			sum.Write(f.shared[i].digest[:])
		}
	}
	whole.size = len(whole.own.text) + sizeOf(f.shared, plain)
	sum.Sum(f.digest[:0])
}

// sizeOf is how many bytes fragments have together in an encoding.
func sizeOf(fragments []*fragment, e encoding) int {
	size := 0
	for _, each := range fragments {
		size += each.in(e).size
	}
	return size
}

// in is the fragment in an encoding.
func (f *fragment) in(e encoding) *form {
	whole := &f.forms[e]
	if e == plain {
		return whole // as it was made
	}
	whole.made.Do(func() {
		f.wanted[e].Store(true)
		var p pieces
		own := &f.forms[plain].own
		for i := range own.ends {
			p.text = e.append(p.text, own.at(i))
			p.end()
		}
		whole.own, whole.size = p.clipped(), len(p.text)+sizeOf(f.shared, e)
	})
	return whole
}

// gather appends the fragment's pieces, with all it shares, in an encoding.
func (f *fragment) gather(into *gathered, e encoding) {
	own := &f.in(e).own
	for i := range own.ends {
		into.add(own.at(i))
		if i < len(f.shared) {
			f.shared[i].gather(into, e)
		}
	}
}
