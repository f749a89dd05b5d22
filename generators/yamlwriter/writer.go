package yamlwriter

import "strconv"

// A Pair is a key with its value.
type Pair struct{ Key, Value string }

// A Writer appends YAML to a buffer, line by line. The zero Writer is ready for
// use. It must not be used by several goroutines at once.
//
// A parameter named field is a key that needs no quotes, as all of Prow's and
// Kubernetes's own do; one named key may be any text.
type Writer struct {
	buf []byte
	// indent is the column of the next line's text.
	indent int
	// dash says that the next line starts an item.
	dash bool
	// err is the first error that a call met.
	err error
}

// Bytes is what was written, valid until the next call, and the first error
// that writing met.
func (w *Writer) Bytes() ([]byte, error) { return w.buf, w.err }

// Len is how many bytes were written.
func (w *Writer) Len() int { return len(w.buf) }

// Reset forgets what was written but keeps the memory for it.
func (w *Writer) Reset() { *w = Writer{buf: w.buf[:0]} }

// Open starts a field that holds a mapping or a list of mappings; the calls up
// to [Writer.Close] write it.
func (w *Writer) Open(field string) {
	w.field(field)
	w.buf = append(w.buf, '\n')
	w.indent += 2
}

// OpenKey is [Writer.Open] for a key that may be any text of one line, up to
// 128 characters. Beyond that the result means the same but is not
// sigs.k8s.io/yaml's.
func (w *Writer) OpenKey(key string) {
	if s := styleOf(key, w.indent); s != byLibrary {
		w.start()
		w.scalar(key, s)
		w.buf = append(w.buf, ":\n"...)
	} else {
		w.openByLibrary(key)
	}
	w.indent += 2
}

// Close ends what the last [Writer.Open] or [Writer.OpenKey] started.
func (w *Writer) Close() { w.indent -= 2 }

// Item starts an item of the list that was opened. The next field is its
// first.
func (w *Writer) Item() { w.dash = true }

// String writes a field.
func (w *Writer) String(field, value string) {
	s := styleOf(value, w.indent+len(field)+len(": "))
	if s == byLibrary {
		w.Value(field, value)
		return
	}
	w.field(field)
	w.buf = append(w.buf, ' ')
	w.scalar(value, s)
	w.buf = append(w.buf, '\n')
}

// Bool writes a field.
func (w *Writer) Bool(field string, value bool) {
	w.field(field)
	w.buf = append(w.buf, ' ')
	w.buf = strconv.AppendBool(w.buf, value)
	w.buf = append(w.buf, '\n')
}

// Int writes a field.
func (w *Writer) Int(field string, value int) {
	w.field(field)
	w.buf = append(w.buf, ' ')
	w.buf = strconv.AppendInt(w.buf, int64(value), 10)
	w.buf = append(w.buf, '\n')
}

// Strings writes a field that holds a list. An empty list is written as [].
func (w *Writer) Strings(field string, values []string) {
	before := *w
	w.Open(field)
	ok := len(values) > 0
	for _, value := range values {
		w.dash = true
		ok = ok && w.simple(value)
		w.buf = append(w.buf, '\n')
	}
	w.Close()
	if !ok {
		*w = before
		w.Value(field, values)
	}
}

// simple starts a line with a string and says whether that needed no library.
func (w *Writer) simple(value string) bool {
	s := styleOf(value, w.indent)
	w.start()
	w.scalar(value, s)
	return s != byLibrary
}

// Pairs writes a field that holds a mapping of strings. The pairs have to be
// sorted by key, byte by byte, without repetition. No pairs are written as {}.
func (w *Writer) Pairs(field string, pairs []Pair) {
	before := *w
	w.Open(field)
	ok := len(pairs) > 0
	for i, pair := range pairs {
		ok = ok && w.simplePair(pair) && (i == 0 || clearlyBefore(pairs[i-1].Key, pair.Key))
	}
	w.Close()
	if !ok {
		*w = before
		w.Value(field, mapOf(pairs))
	}
}

// simplePair writes a line with a pair and says whether that needed no library.
func (w *Writer) simplePair(pair Pair) bool {
	key, value := styleOf(pair.Key, w.indent), styleOf(pair.Value, w.indent+len(pair.Key)+len(": "))
	w.start()
	w.scalar(pair.Key, key)
	w.buf = append(w.buf, ": "...)
	w.scalar(pair.Value, value)
	w.buf = append(w.buf, '\n')
	return key == plain && value != byLibrary
}

func mapOf(pairs []Pair) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		m[pair.Key] = pair.Value
	}
	return m
}

// field starts a line with a key.
func (w *Writer) field(field string) {
	w.start()
	w.buf = append(w.buf, field...)
	w.buf = append(w.buf, ':')
}

// spaces is as deep as anything is indented at once.
const spaces = "                                "

// start starts a line: the indentation, with the dash of an item that is due.
func (w *Writer) start() {
	indent := w.indent
	if w.dash {
		indent -= 2
	}
	for ; indent > len(spaces); indent -= len(spaces) {
		w.buf = append(w.buf, spaces...)
	}
	w.buf = append(w.buf, spaces[:indent]...)
	if w.dash {
		w.buf = append(w.buf, "- "...)
		w.dash = false
	}
}

// scalar appends a string in a style other than byLibrary.
func (w *Writer) scalar(value string, s style) {
	switch s {
	case doubleQuoted: // a word or a number, so nothing in it needs an escape
		w.buf = append(append(append(w.buf, '"'), value...), '"')
	case singleQuoted:
		w.buf = append(w.buf, '\'')
		for i := range len(value) {
			if value[i] == '\'' {
				w.buf = append(w.buf, '\'')
			}
			w.buf = append(w.buf, value[i])
		}
		w.buf = append(w.buf, '\'')
	default:
		w.buf = append(w.buf, value...)
	}
}
