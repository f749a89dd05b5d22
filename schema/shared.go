package schema

import (
	"encoding/binary"
	"hash/maphash"
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
	// pack has the short texts that came last, one after another: there are tens of
	// thousands. PackSize is the size of its memory.
	pack     strings.Builder
	packSize int
	// values are by what they follow from.
	values map[valueKey]reflect.Value
	kinds  map[valueKind]uint32
	// fine are the texts that had to be parsed to be judged, and were as they
	// should be.
	fine map[judgedText]struct{}
	// size is what all that takes, in bytes.
	size int
	// written is where it is written down how a value is written.
	written []byte
	seeds   [2]maphash.Seed
}

// valueKey is what a value follows from: its kind, and how it is written. Of that there
// are two sums by seeds that nobody knows, so that no two values have the same.
type valueKey struct {
	kind, size uint32
	sums       [2]uint64
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
	maxSharedValue = 64 << 10
)

// Bounds of texts that are packed, and of a pack, in bytes.
const (
	maxPackedText = 128
	maxPack       = 4 << 10
)

// What it takes to remember a text, besides its own size, or a value, in bytes.
const (
	sharedTextSize  = 64
	sharedValueSize = 100
)

// text gives a text that is equal, and no part of a file.
func (s *shared) text(text string) string {
	if len(text) > maxSharedText {
		return strings.Clone(text)
	}
	if known, ok := s.texts[text]; ok {
		return known
	}
	text = s.packed(text)
	s.grow(sharedTextSize + len(text))
	s.texts[text] = text
	return text
}

// packed gives a text that is equal, and no part of a file. A pack is there as long as
// any of its texts, so that it is small where there are few.
func (s *shared) packed(text string) string {
	if len(text) > maxPackedText {
		return strings.Clone(text)
	}
	if s.pack.Cap()-s.pack.Len() < len(text) {
		s.packSize = min(max(2*s.packSize, maxPackedText), maxPack)
		s.pack = strings.Builder{}
		s.pack.Grow(s.packSize)
	}
	s.pack.WriteString(text)
	whole := s.pack.String()
	return whole[len(whole)-len(text):]
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
		s.grow(sharedTextSize + len(text))
		s.fine[judgedText{of, strings.Clone(text)}] = struct{}{}
	}
	return complaint
}

// grow makes room.
func (s *shared) grow(size int) {
	if s.size += size; s.texts == nil || s.size > maxShared {
		s.texts, s.values, s.size = map[string]string{}, map[valueKey]reflect.Value{}, size
		s.fine = map[judgedText]struct{}{}
	}
}

// key makes the key of a value. It says no to what is not shared: only what a pointer
// leads to is, if it is not large.
func (s *shared) key(node *yaml.Node, of *shape.Shape, into reflect.Value) (key valueKey, ok bool) {
	switch into.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
	default:
		return key, false
	}
	if s.written = s.written[:0]; !s.write(node) {
		return key, false
	}
	key = valueKey{kind: s.kind(valueKind{of, into.Type()}), size: uint32(len(s.written))} //nolint:gosec // it is not large
	for i, seed := range s.seeds {
		key.sums[i] = maphash.Bytes(seed, s.written)
	}
	return key, true
}

// kind gives the number of a kind.
func (s *shared) kind(kind valueKind) uint32 {
	number, known := s.kinds[kind]
	if !known {
		if s.kinds == nil {
			s.kinds = map[valueKind]uint32{}
			s.seeds = [...]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
		}
		number = uint32(len(s.kinds)) //nolint:gosec // there are as many as definitions have fields
		s.kinds[kind] = number
	}
	return number
}

// write writes down how a value is written, so that no other is written so. It says no to
// one that is too large, or not written in full where it stands.
func (s *shared) write(node *yaml.Node) bool {
	if node.Kind == yaml.AliasNode || node.Tag == mergeTag || len(s.written)+len(node.Value) > maxSharedValue {
		return false
	}
	s.written = append(s.written, byte(node.Kind), byte(node.Style)) //nolint:gosec // neither has more than eight flags
	s.written = binary.AppendUvarint(s.written, uint64(len(node.Tag)))
	s.written = append(s.written, node.Tag...)
	s.written = binary.AppendUvarint(s.written, uint64(len(node.Value)))
	s.written = append(s.written, node.Value...)
	s.written = binary.AppendUvarint(s.written, uint64(len(node.Content)))
	for _, each := range node.Content {
		if !s.write(each) {
			return false
		}
	}
	return true
}

// keep remembers a value in which nothing is wrong.
func (s *shared) keep(key valueKey, value reflect.Value) {
	s.grow(sharedValueSize)
	kept := reflect.New(value.Type()).Elem()
	kept.Set(value)
	s.values[key] = kept
}
