package resolver

// Piece is a part of a body that others have too.
type Piece = fragment

// Text is the piece in full.
func (f *fragment) Text() []byte { return f.appendTo(nil) }

// Pieces gives what a body is made of: own[i] stands before shared[i].
func (b *Body) Pieces() (own [][]byte, shared []*Piece) {
	text := b.plain()
	for i := range text.ends {
		own = append(own, text.at(i))
	}
	return own, b.shared
}

// VariantCount is how many steps with overrides, and sequences of steps, are in
// use.
func (r *Registry) VariantCount() int { return r.variants.steps.size() + r.variants.sequences.size() }
