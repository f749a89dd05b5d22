package repolayout

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"

	"github.com/drover-ci/drover/internal/memo"
	"github.com/drover-ci/drover/schema"
)

// A Memory has what reading a repository from nothing would read again, from
// run to run: the content of files of which documents are made, side by side in
// one file instead of here and there in a repository's packs; of files of
// jobs, which are most of all text and of which nothing else is kept, that there is
// nothing to say against them, and which jobs people wrote; and what others note of
// the repository.
//
// It goes by the ids of content. Where a tree knows none, as a folder does not,
// it does nothing. A nil Memory remembers nothing.
type Memory struct {
	store *memo.Store
	key   memo.Key

	mu sync.Mutex
	remembered
	// used are the files that there are still: others are not kept.
	used map[ID]bool
	// missed counts the files of which it had nothing.
	missed int
}

// remembered is what a memory has.
type remembered struct {
	// contents are those of a file's parts, verdicts those of files of jobs, by the
	// files' ids.
	contents map[ID]packed
	verdicts map[ID]verdict
	// notes are what others found out, by names of theirs.
	notes map[string][]byte
}

func newRemembered() remembered {
	return remembered{contents: map[ID]packed{}, verdicts: map[ID]verdict{}, notes: map[string][]byte{}}
}

// packed is the content of a file's parts, one after the other, compressed.
type packed struct {
	sizes []int
	text  []byte
}

// verdict is what can be said of a file of jobs without a problem: the jobs in it, as
// JSON, if it was judged; empty if all of them were generated.
type verdict []byte

// verdictID is what the verdict on a file goes by: it depends on the place too.
func verdictID(f *file) ID {
	if f.jobs == otherJobs {
		return combine(f.id, ID{})
	}
	return f.id
}

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
	kept, ok := unmarshalMemory(value)
	if !ok {
		kept = newRemembered()
	}
	m.remembered, m.used = kept, map[ID]bool{}
}

// Recall gives what an earlier process noted of the repository by a name. There is
// something only of a repository that was loaded first, before [Memory.Keep].
func (r *Repo) Recall(name string) []byte {
	if r.memory == nil {
		return nil
	}
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	return r.memory.notes[name]
}

// Note has something noted for the next process. It counts as so many files that
// there was nothing of, unless it was noted before.
func (r *Repo) Note(name string, files int, value func() []byte) {
	if r.memory == nil || files == 0 {
		return
	}
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	if r.memory.notes == nil {
		return // all has been kept
	}
	if noted := value(); len(noted) <= schema.MaxFileSize && !bytes.Equal(noted, r.memory.notes[name]) {
		r.memory.notes[name] = noted
		r.memory.missed += files
	}
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
		maps.DeleteFunc(m.contents, func(id ID, _ packed) bool { return !m.used[id] })
		maps.DeleteFunc(m.verdicts, func(id ID, _ verdict) bool { return !m.used[id] })
		m.store.Put(m.key, m.remembered.marshal())
	}
	m.remembered, m.used, m.missed = remembered{}, nil, 0
}

// worthKeeping says how large a part of all files must be new for them to be
// written again: one in fifty.
const worthKeeping = 50

// judged says of a file of jobs what is known, and lets it be as if it had been
// read.
func (m *Memory) judged(f *file) bool {
	if m == nil || f.jobs == noJobs || f.id == (ID{}) {
		return false
	}
	m.mu.Lock()
	known, ok := m.verdicts[verdictID(f)]
	m.use(verdictID(f))
	m.mu.Unlock()
	if !ok || len(known) == 0 {
		return ok
	}
	judged := &Judged{Path: f.path(), ID: f.id}
	if json.Unmarshal(known, &judged.Jobs) != nil {
		return false
	}
	f.doc = judged
	return true
}

// read gives the content of a file's parts. It is gone with the next.
func (m *Memory) read(f *file, room *packing) (contents [][]byte, ok bool) {
	if m == nil || f.id == (ID{}) || f.jobs != noJobs {
		return nil, false
	}
	m.mu.Lock()
	found, ok := m.contents[f.id]
	m.use(f.id)
	m.mu.Unlock()
	if !ok || len(found.sizes) != f.parts() {
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

// use says that there is a file still. The memory is locked.
func (m *Memory) use(id ID) {
	if m.used != nil {
		m.used[id] = true
	}
}

// packing is room for what is compressed, and what comes of it.
type packing struct{ plain, packed []byte }

// note remembers a file that was read, and decoded.
func (m *Memory) note(f *file, contents [][]byte, room *packing) {
	if m == nil || f.linked {
		return
	}
	if f.jobs != noJobs {
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
	var found verdict
	if judged, _ := f.doc.(*Judged); judged != nil {
		if len(judged.Problems) > 0 {
			return
		}
		var err error
		if found, err = json.Marshal(judged.Jobs); err != nil {
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.verdicts != nil {
		m.verdicts[verdictID(f)] = found
		m.missed++
	}
}

// marshal writes how many notes and verdicts there are and each, then the contents.
// The same memory gives the same bytes.
func (r *remembered) marshal() []byte {
	compare := func(a, b ID) int { return bytes.Compare(a[:], b[:]) }
	value := appendNumber(nil, len(r.notes))
	for _, name := range slices.Sorted(maps.Keys(r.notes)) {
		value = append(appendNumber(value, len(name)), name...)
		value = append(appendNumber(value, len(r.notes[name])), r.notes[name]...)
	}
	value = appendNumber(value, len(r.verdicts))
	for _, id := range slices.SortedFunc(maps.Keys(r.verdicts), compare) {
		value = append(value, id[:]...)
		value = append(appendNumber(value, len(r.verdicts[id])), r.verdicts[id]...)
	}
	for _, id := range slices.SortedFunc(maps.Keys(r.contents), compare) {
		file := r.contents[id]
		value = append(value, id[:]...)
		value = appendNumber(value, len(file.sizes))
		for _, size := range file.sizes {
			value = appendNumber(value, size)
		}
		value = append(appendNumber(value, len(file.text)), file.text...)
	}
	return value
}

func appendNumber(value []byte, number int) []byte {
	return binary.AppendUvarint(value, uint64(number)) //nolint:gosec // not negative
}

// unmarshalMemory reads it. The contents stay in the value.
func unmarshalMemory(value []byte) (r remembered, ok bool) {
	in := &memoryReader{rest: value}
	r = newRemembered()
	for range in.number() {
		name := in.take(in.number())
		note := in.take(in.number())
		if in.broken {
			return r, false
		}
		r.notes[string(name)] = note
	}
	for range in.number() {
		id, found := ID(in.take(len(ID{}))), in.take(in.number())
		if in.broken {
			return r, false
		}
		r.verdicts[id] = found
	}
	for len(in.rest) > 0 && !in.broken {
		id, parts := ID(in.take(len(ID{}))), in.number()
		var file packed
		for ; parts > 0 && !in.broken; parts-- {
			file.sizes = append(file.sizes, in.number())
		}
		file.text = in.take(in.number())
		r.contents[id] = file
	}
	return r, !in.broken && len(value) > 0
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
