package yamlwriter

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/yaml"
)

// Value writes a field of any type that encoding/json can write, however deep.
// It is the slow way: sigs.k8s.io/yaml does the work.
func (w *Writer) Value(key string, value any) {
	w.lines(w.byLibrary(map[string]any{key: value}))
}

// Mapping writes the fields of a mapping, of any type that encoding/json writes
// as one. Like [Writer.Value] it is slow.
func (w *Writer) Mapping(value any) { w.lines(w.byLibrary(value)) }

// openByLibrary starts a mapping or list under a key.
func (w *Writer) openByLibrary(key string) {
	text := w.byLibrary(map[string]any{key: nil})
	w.lines(append(bytes.TrimSuffix(text, []byte(" null\n")), '\n'))
}

// byLibrary writes a mapping as if it stood at the current depth. Where text is
// folded depends on its column, so the library is given a mapping that deep, of
// which the outer lines are dropped.
func (w *Writer) byLibrary(mapping any) []byte {
	depth := w.indent / 2
	for range depth {
		mapping = map[string]any{"k": mapping}
	}
	text, err := yaml.Marshal(mapping)
	if err != nil {
		if w.err == nil {
			w.err = fmt.Errorf("write YAML: %w", err)
		}
		return nil
	}
	for range depth {
		text = text[bytes.IndexByte(text, '\n')+1:]
	}
	return text
}

// lines appends whole lines that are indented already.
func (w *Writer) lines(text []byte) {
	if w.dash && len(text) >= w.indent {
		w.start()
		text = text[w.indent:]
	}
	w.buf = append(w.buf, text...)
}
