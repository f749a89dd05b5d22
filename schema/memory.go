package schema

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/internal/blockyaml"
)

// Memory is what decoding a file needs and nobody keeps, but for what files
// share. A repository has ten thousand files, and the next one uses it again. The zero
// Memory is ready; it is for one goroutine at a time.
type Memory struct {
	arena blockyaml.Arena
	// steps are those of the file, in the order in which they were made. Pointers
	// lead into it: where it is full a new one is begun.
	steps []step
	// entries are those of the mappings that are being decoded, the outermost
	// first.
	entries []entry
	shared  shared
}

//nolint:gochecknoglobals // memory without content
var memories = sync.Pool{New: func() any { return new(Memory) }}

// clear makes it ready for the next file. What is still in it would keep the text of
// the whole file.
func (m *Memory) clear() {
	clear(m.steps)
	clear(m.entries[:cap(m.entries)])
	m.steps, m.entries = m.steps[:0], m.entries[:0]
}

// entry is a field as it stands in a mapping; the zero entry if it does not.
type entry struct{ key, value *yaml.Node }

// pushEntries makes room for the entries of a mapping, and says where they are.
func (m *Memory) pushEntries(count int) (first int) {
	first = len(m.entries)
	m.entries = slices.Grow(m.entries, count)[:first+count]
	clear(m.entries[first:])
	return first
}

func (m *Memory) popEntries(first int) { m.entries = m.entries[:first] }

// step is one part of a field path, linked to the part before it, so that a
// path costs next to nothing until a problem needs its text.
type step struct {
	parent *step
	name   string
	index  int
}

func (m *Memory) field(parent *step, name string) *step {
	return m.step(step{parent: parent, name: name})
}

func (m *Memory) item(parent *step, index int) *step {
	return m.step(step{parent: parent, index: index})
}

func (m *Memory) step(made step) *step {
	if len(m.steps) == cap(m.steps) {
		m.steps = make([]step, 0, max(1024, min(2*cap(m.steps), 1<<16)))
	}
	m.steps = append(m.steps, made)
	return &m.steps[len(m.steps)-1]
}

// String is the path as people write it: tests[2].steps.workflow.
func (s *step) String() string {
	if s == nil {
		return ""
	}
	before := s.parent.String()
	if s.name == "" {
		return before + "[" + strconv.Itoa(s.index) + "]"
	}
	name := strings.Clone(s.name) // it may be part of the file
	if NeedsQuotes(name) {
		return before + "[" + strconv.Quote(name) + "]"
	}
	if before == "" {
		return name
	}
	return before + "." + name
}
