package schema

import (
	"encoding/binary"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// shared are texts and values that were decoded before. The files of a
// repository's branches say nearly the same, so that most of what one holds is
// there already; and a file of which no text is kept need not be kept either.
type shared struct {
	texts map[string]string
	// values are by what they follow from: the number of their kind, and how they
	// are written.
	values map[string]reflect.Value
	kinds  map[valueKind]uint32
	// fine are the texts that had to be parsed to be judged, and were as they
	// should be.
	fine map[judgedText]struct{}
	// size is what the texts and keys take, in bytes.
	size int
	// key is where a key is made.
	key []byte
}

// valueKind is what a value is judged by, and what it becomes.
type valueKind struct {
	shape *shape.Shape
	into  reflect.Type
}

// judgedText is a text, and what it is judged by.
type judgedText struct {
	shape *shape.Shape
	text  string
}

// Bounds of what is remembered, in bytes. Beyond them all is forgotten.
const (
	maxShared      = 8 << 20
	maxSharedText  = 4 << 10
	maxSharedValue = 2 << 10
)

// text gives a text that is equal, and no part of a file.
func (s *shared) text(text string) string {
	if len(text) > maxSharedText {
		return strings.Clone(text)
	}
	if known, ok := s.texts[text]; ok {
		return known
	}
	text = strings.Clone(text)
	s.grow(len(text))
	s.texts[text] = text
	return text
}

// complaint is stringComplaint, of what is written often only once.
func (s *shared) complaint(of *shape.Shape, text string) string {
	if of.Format == "" {
		return stringComplaint(of, text)
	}
	if _, known := s.fine[judgedText{of, text}]; known {
		return ""
	}
	complaint := stringComplaint(of, text)
	if complaint == "" {
		s.grow(len(text))
		s.fine[judgedText{of, strings.Clone(text)}] = struct{}{}
	}
	return complaint
}

// grow makes room.
func (s *shared) grow(size int) {
	if s.size += size + 64; s.texts == nil || s.size > maxShared {
		s.texts, s.values, s.size = map[string]string{}, map[string]reflect.Value{}, size
		s.fine = map[judgedText]struct{}{}
	}
}

// makeKey makes the key of a value. It says no to what is not shared: only a
// mapping or a list is that is not large and that a pointer leads to.
func (s *shared) makeKey(node *yaml.Node, of *shape.Shape, into reflect.Value) bool {
	switch into.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
	default:
		return false
	}
	if node.Kind == yaml.ScalarNode {
		return false
	}
	kind := valueKind{of, into.Type()}
	number, known := s.kinds[kind]
	if !known {
		if s.kinds == nil {
			s.kinds = map[valueKind]uint32{}
		}
		number = uint32(len(s.kinds)) //nolint:gosec // there are as many as definitions have fields
		s.kinds[kind] = number
	}
	s.key = binary.LittleEndian.AppendUint32(s.key[:0], number)
	return s.write(node)
}

// write adds a value to the key. It says no to one that is too large, or not
// written in full where it stands.
func (s *shared) write(node *yaml.Node) bool {
	if node.Kind == yaml.AliasNode || node.Tag == mergeTag || len(s.key)+len(node.Value) > maxSharedValue {
		return false
	}
	s.key = append(s.key, byte(node.Kind), byte(node.Style)) //nolint:gosec // neither has more than eight flags
	s.key = append(s.key, node.Tag...)
	s.key = append(s.key, 0)
	s.key = append(s.key, node.Value...)
	s.key = append(s.key, 0)
	for _, each := range node.Content {
		if !s.write(each) {
			return false
		}
	}
	s.key = append(s.key, 0)
	return true
}

// keep remembers a value in which nothing is wrong.
func (s *shared) keep(key string, value reflect.Value) {
	s.grow(len(key))
	kept := reflect.New(value.Type()).Elem()
	kept.Set(value)
	s.values[key] = kept
}
