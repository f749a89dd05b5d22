package repolayout

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"

	"github.com/drover-ci/drover/internal/memo"
	"github.com/drover-ci/drover/schema"
)

// A Memory has what reading a repository from nothing would read again, from
// run to run: the content of files of which documents are made, side by side in
// one file instead of here and there in a repository's packs; and of files of
// jobs, which are most of all text and of which nothing is kept, whether there is
// anything to say against them.
//
// It goes by the ids of content. Where a tree knows none, as a folder does not,
// it does nothing. A nil Memory remembers nothing.
type Memory struct {
	store *memo.Store
	key   memo.Key

	mu sync.Mutex
	// contents are those of a file's parts, verdicts those of files of jobs, by the
	// files' ids.
	contents map[ID]packed
	verdicts map[ID]verdict
	// missed counts the files of which it had nothing.
	missed int
}

// packed is the content of a file's parts, one after the other, compressed.
type packed struct {
	sizes []int
	text  []byte
}

// verdict is what can be said of a file of jobs without a problem.
type verdict byte

const (
	generatedJobs verdict = 'g' // all of them
	goodJobs      verdict = 'j' // they were judged
)

// OpenMemory gives the memory of one repository, which it calls by any name of
// its own.
func OpenMemory(store *memo.Store, repository string) *Memory {
	program := memo.Program()
	if store == nil || program == "" {
		return nil
	}
	return &Memory{store: store, key: memo.NewKey("files", program, repository)}
}

// LoadFirst is [Load] from nothing, helped by what an earlier process
// remembered. The result is the same. Afterwards [Memory.Keep] keeps what was
// read for the next.
func LoadFirst(ctx context.Context, tree Tree, memory *Memory) (*Repo, error) {
	memory.open()
	settings, err := loadSingle[schema.Settings](tree, SettingsFile, nil)
	if err != nil {
		return nil, err
	}
	return load(ctx, tree, settings, nil, memory)
}

// open takes what an earlier process kept.
func (m *Memory) open() {
	if m == nil {
		return
	}
	value, _ := m.store.Get(m.key)
	contents, verdicts, ok := unmarshalMemory(value)
	if !ok {
		contents, verdicts = map[ID]packed{}, map[ID]verdict{}
	}
	m.contents, m.verdicts = contents, verdicts
}

// Keep keeps what was read for the next process, unless that is nearly what the
// last one kept, and forgets it.
func (m *Memory) Keep() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.missed*worthKeeping > len(m.contents)+len(m.verdicts) {
		m.store.Put(m.key, marshalMemory(m.contents, m.verdicts))
	}
	m.contents, m.verdicts, m.missed = nil, nil, 0
}

// worthKeeping says how large a part of all files must be new for them to be
// written again: one in fifty.
const worthKeeping = 50

// judged says of a file of jobs what is known, and lets it be as if it had been
// read.
func (m *Memory) judged(f *file) bool {
	if m == nil || !f.jobs || f.id == (ID{}) {
		return false
	}
	m.mu.Lock()
	known := m.verdicts[f.id]
	m.mu.Unlock()
	switch known {
	case generatedJobs:
	case goodJobs:
		f.doc = &Judged{Path: f.path(), ID: f.id}
	default:
		return false
	}
	return true
}

// read gives the content of a file's parts. It is gone with the next.
func (m *Memory) read(f *file, room *packing) (contents [][]byte, ok bool) {
	if m == nil || f.id == (ID{}) || f.jobs {
		return nil, false
	}
	m.mu.Lock()
	found, ok := m.contents[f.id]
	m.mu.Unlock()
	if !ok || len(found.sizes) != len(f.parts) {
		return nil, false
	}
	text, err := s2.Decode(room.plain[:cap(room.plain)], found.text)
	if err != nil {
		return nil, false
	}
	room.plain = text
	for _, size := range found.sizes {
		if size > len(text) {
			return nil, false
		}
		contents = append(contents, text[:size:size])
		text = text[size:]
	}
	return contents, true
}

// packing is room for what is compressed, and what comes of it.
type packing struct{ plain, packed []byte }

// note remembers a file that was read, and decoded.
func (m *Memory) note(f *file, contents [][]byte, room *packing) {
	if m == nil || f.linked {
		return
	}
	if f.jobs {
		m.noteVerdict(f)
		return
	}
	sizes := make([]int, 0, len(contents))
	room.plain = room.plain[:0]
	for _, content := range contents {
		sizes = append(sizes, len(content))
		room.plain = append(room.plain, content...)
	}
	room.packed = s2.Encode(room.packed[:cap(room.packed)], room.plain)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.contents != nil {
		m.contents[f.id] = packed{sizes, bytes.Clone(room.packed)}
		m.missed++
	}
}

func (m *Memory) noteVerdict(f *file) {
	found := generatedJobs
	if judged, _ := f.doc.(*Judged); judged != nil {
		found = goodJobs
		if len(judged.Problems) > 0 {
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.verdicts != nil {
		m.verdicts[f.id] = found
		m.missed++
	}
}

// marshalMemory writes how many verdicts there are and each, then the contents.
// The same memory gives the same bytes.
func marshalMemory(contents map[ID]packed, verdicts map[ID]verdict) []byte {
	compare := func(a, b ID) int { return bytes.Compare(a[:], b[:]) }
	value := binary.AppendUvarint(nil, uint64(len(verdicts)))
	for _, id := range slices.SortedFunc(maps.Keys(verdicts), compare) {
		value = append(append(value, id[:]...), byte(verdicts[id]))
	}
	for _, id := range slices.SortedFunc(maps.Keys(contents), compare) {
		file := contents[id]
		value = append(value, id[:]...)
		value = binary.AppendUvarint(value, uint64(len(file.sizes)))
		for _, size := range file.sizes {
			value = binary.AppendUvarint(value, uint64(size)) //nolint:gosec // not negative
		}
		value = append(binary.AppendUvarint(value, uint64(len(file.text))), file.text...)
	}
	return value
}

// unmarshalMemory reads it. The contents stay in the value.
func unmarshalMemory(value []byte) (contents map[ID]packed, verdicts map[ID]verdict, ok bool) {
	in := &memoryReader{rest: value}
	contents, verdicts = map[ID]packed{}, map[ID]verdict{}
	for range in.number() {
		id, kind := ID(in.take(len(ID{}))), in.take(1)
		if in.broken {
			return nil, nil, false
		}
		verdicts[id] = verdict(kind[0])
	}
	for len(in.rest) > 0 && !in.broken {
		id, parts := ID(in.take(len(ID{}))), in.number()
		var file packed
		for ; parts > 0 && !in.broken; parts-- {
			file.sizes = append(file.sizes, in.number())
		}
		file.text = in.take(in.number())
		contents[id] = file
	}
	return contents, verdicts, !in.broken && len(value) > 0
}

// memoryReader reads a value, and says of a broken one that it is.
type memoryReader struct {
	rest   []byte
	broken bool
}

// take gives so many bytes, zero ones where there are fewer.
func (r *memoryReader) take(count int) []byte {
	if count < 0 || count > len(r.rest) {
		r.broken, r.rest = true, nil
		return make([]byte, len(ID{}))
	}
	taken := r.rest[:count:count]
	r.rest = r.rest[count:]
	return taken
}

func (r *memoryReader) number() int {
	number, size := binary.Uvarint(r.rest)
	if size <= 0 || number > schema.MaxFileSize { // larger than any file, and more than there are files
		r.broken, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return int(number)
}
