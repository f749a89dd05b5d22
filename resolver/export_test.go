package resolver

import (
	"bytes"
	"slices"
)

// Piece is a part of a body that others have too.
type Piece = fragment

// Text is the piece in full.
func (f *fragment) Text() []byte {
	var text bytes.Buffer
	_ = f.write(&text, plain) // writing to a buffer gives no error
	return text.Bytes()
}

// Pieces gives what a body is made of: own[i] stands before shared[i].
func (b *Body) Pieces() (own [][]byte, shared []*Piece) {
	_ = b.pieces(func(_ int, piece []byte, _ *unpacked) error { // gives no error
		own = append(own, slices.Clone(piece))
		return nil
	})
	return own, b.text.shared
}

// VariantCount is how many steps with overrides are in use.
func (r *Registry) VariantCount() int { return r.variants.size() }
