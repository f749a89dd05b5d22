package resolver

import "io"

// Text is a body in one encoding.
type Text struct {
	head, tail []byte
	own        pieces
	shared     []*fragment
	codec      codec
	// forms are those of what is shared, chosen once: later ones may be others.
	// There are none for plain text.
	forms []*pieces
	size  int
}

// Len is the size in bytes of what [Text.Write] writes.
func (t *Text) Len() int { return t.size }

// choose takes the forms of what is shared, and the size. It joins at most one
// sequence, so that no request waits for many.
func (t *Text) choose() {
	t.size = len(t.head) + len(t.own.text) + len(t.tail)
	t.forms = make([]*pieces, len(t.shared))
	mayJoin := true
	for i, f := range t.shared {
		if whole := f.joinedIn(t.codec, &mayJoin); whole != nil {
			t.forms[i], t.size = whole, t.size+len(whole.text)
			continue
		}
		form := f.in(t.codec)
		t.forms[i], t.size = &form.pieces, t.size+form.size
	}
}

// Write writes the text, in many small pieces.
func (t *Text) Write(w io.Writer) error {
	if _, err := w.Write(t.head); err != nil {
		return err
	}
	for i := range t.own.ends {
		if _, err := w.Write(t.own.at(i)); err != nil {
			return err
		}
		if i == len(t.shared) {
			break
		}
		form := &t.shared[i].own
		if t.forms != nil {
			form = t.forms[i]
		}
		if err := form.write(w, t.shared[i].shared, t.codec); err != nil {
			return err
		}
	}
	_, err := w.Write(t.tail)
	return err
}
