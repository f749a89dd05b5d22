package resolver

import "bytes"

// Piece is a part of a body that others have too.
type Piece = fragment

// Text is the piece in full.
func (f *fragment) Text() []byte {
	var all gathered
	f.gather(&all, plain)
	return bytes.Join(all.pieces, nil)
}

// Parts gives what a body is made of: own[i] stands before shared[i].
func (b *Body) Parts() (own [][]byte, shared []*Piece) {
	for i := range b.own.blocks {
		text, _ := b.own.blocks[i].unpack(&gathered{}) // gives no error
		for i := range text.ends {
			own = append(own, text.at(i))
		}
	}
	return own, b.shared
}

// InUse is how many things are shared by what was resolved.
func (r *Registry) InUse() int { return r.variants.steps.size() + r.variants.tests.size() }
