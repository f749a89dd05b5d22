package manifests

import (
	"bytes"
	"encoding/gob"
	"maps"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/internal/memo"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Parts are what objects were made of, file by file and kustomization by
// kustomization, so that those of which all is the same are not made again: to parse
// YAML, and even more to build a kustomization, takes 20 to 60 times as long as to
// read JSON. Those that know nothing are the Next of nil. A nil Parts remembers nothing.
type Parts struct {
	parts map[memo.Key]*part
	// last are those of an earlier revision, kept those of an earlier process.
	last map[memo.Key]*part
	kept map[memo.Key]keptPart
	// made counts the parts that were in neither.
	made int
}

// part is what one file or kustomization gave.
type part struct {
	objects  []generators.Object
	problems []schema.Problem
	// given are the parameters that a template of it has.
	given []string
	// looks are what a kustomization was made by, besides its place.
	looks []look
	// texts are the objects as another process wrote them, until [Parts.Forget].
	texts [][]byte
}

// look is a question about the repository, and the answer: what a file's content is,
// or whether there is a file or a folder.
type look struct {
	What   byte
	Path   string
	Answer repolayout.ID
}

// What is asked.
const (
	lookContent = 'c'
	lookFile    = 'f'
	lookFolder  = 'd'
)

// Next are the parts of a later revision, none of which has been asked for yet.
func (p *Parts) Next() *Parts {
	next := &Parts{parts: map[memo.Key]*part{}}
	if p != nil {
		next.last = p.parts
	}
	return next
}

// Made counts the parts that had to be made.
func (p *Parts) Made() int { return p.made }

// Forget drops what only [Parts.Note] and further parts would have been made of.
func (p *Parts) Forget() {
	p.last, p.kept = nil, nil
	for _, each := range p.parts {
		each.texts = nil
	}
}

// part gives what lies at a place as the builder's folder has it: what is known of it,
// or else what do makes.
func (b *builder) part(kind, place string, do func()) {
	key := b.keyOf(kind, place)
	found := b.parts.find(key, place)
	if found == nil || !b.stillSo(found.looks) {
		found = b.record(do)
		if b.parts != nil {
			b.parts.made++
		}
	}
	if b.parts != nil {
		b.parts.parts[key] = found
	}
	b.objects = append(b.objects, found.objects...)
	b.problems = append(b.problems, found.problems...)
	for _, name := range found.given {
		b.given[name] = true
	}
}

// keyOf names what lies at a place, by its content where it is a file. What the folder
// gives its templates is a part of it.
func (b *builder) keyOf(kind, place string) memo.Key {
	parts := []string{kind, place}
	if kind == kindFile {
		parts = append(parts, b.idOf(place).String())
	}
	for _, name := range slices.Sorted(maps.Keys(b.parameters)) {
		parts = append(parts, name, b.parameters[name])
	}
	return memo.NewKey(parts...)
}

// The kinds of parts.
const (
	kindFile          = "file"
	kindKustomization = "kustomization"
)

// record makes a part by itself.
func (b *builder) record(do func()) *part {
	alone := *b
	b.objects, b.problems, b.given, b.looks = nil, nil, map[string]bool{}, map[look]bool{}
	do()
	made := &part{
		objects: slices.Clip(b.objects), problems: slices.Clip(b.problems),
		given: slices.Sorted(maps.Keys(b.given)), looks: sortedLooks(b.looks),
	}
	b.objects, b.problems, b.given, b.looks = alone.objects, alone.problems, alone.given, nil
	return made
}

func sortedLooks(looks map[look]bool) []look {
	return slices.SortedFunc(maps.Keys(looks), func(x, y look) int {
		if x.What != y.What {
			return int(x.What) - int(y.What)
		}
		return strings.Compare(x.Path, y.Path)
	})
}

// look answers a question, and notes it where a part is being recorded.
func (b *builder) look(what byte, path string) (answer repolayout.ID) {
	switch {
	case what == lookContent:
		answer = b.idOf(path)
	case what == lookFile && b.files.has(path), what == lookFolder && b.files.hasBelow(path):
		answer = yes
	}
	if b.looks != nil {
		b.looks[look{what, path, answer}] = true
	}
	return answer
}

// yes is the answer to whether there is something; no is zero.
//
//nolint:gochecknoglobals // a constant
var yes = repolayout.ID{1}

// stillSo says whether all questions have the same answers.
func (b *builder) stillSo(looks []look) bool {
	return !slices.ContainsFunc(looks, func(l look) bool { return b.look(l.What, l.Path) != l.Answer })
}

// idOf identifies a file's content, or why it cannot be read.
func (b *builder) idOf(file string) repolayout.ID {
	if b.files.ID != nil {
		if id := b.files.ID(file); id != (repolayout.ID{}) {
			return id
		}
	}
	if id, known := b.ids[file]; known {
		return id
	}
	content, err := b.files.Read(file)
	id := repolayout.BlobID(content)
	if err != nil {
		id = repolayout.BlobID([]byte("cannot be read: " + err.Error()))
	}
	b.ids[file] = id
	return id
}

// find gives a part that was made before from the same place.
func (p *Parts) find(key memo.Key, place string) *part {
	if p == nil {
		return nil
	}
	if found := p.parts[key]; found != nil {
		return found
	}
	if found := p.last[key]; found != nil {
		return found
	}
	if kept, ok := p.kept[key]; ok {
		return kept.part(place)
	}
	return nil
}

// keptPart is a part without problems as it is written for another process.
type keptPart struct {
	Key     memo.Key
	Objects [][]byte // JSON
	Given   []string
	Looks   []look
}

// part reads it; nil where it cannot be read.
func (k keptPart) part(place string) *part {
	read := &part{given: k.Given, looks: k.Looks, texts: k.Objects}
	for _, text := range k.Objects {
		object, err := objectOf(text)
		if err != nil {
			return nil
		}
		read.objects = append(read.objects, generators.Object{Unstructured: object, Source: place})
	}
	return read
}

// Recall reads what [Parts.Note] wrote.
func (p *Parts) Recall(note []byte) {
	decoder := gob.NewDecoder(s2.NewReader(bytes.NewReader(note), s2.ReaderMaxBlockSize(blockSize)))
	p.kept = map[memo.Key]keptPart{}
	for {
		var kept keptPart
		if decoder.Decode(&kept) != nil {
			return // it is the end, or what is whole counts
		}
		p.kept[kept.Key] = kept
	}
}

// blockSize is how much is compressed at once, in bytes.
const blockSize = 64 << 10

// Note writes the parts for another process, one after the other: all at once are
// much, just when all that they were made from is garbage. The same parts give the same
// bytes. What has a problem is made again each time; and so is what has a Secret, which
// is in the repository already and need not lie in one more place.
func (p *Parts) Note() []byte {
	var note bytes.Buffer
	packed := s2.NewWriter(&note, s2.WriterConcurrency(1), s2.WriterBlockSize(blockSize))
	encoder := gob.NewEncoder(packed)
	for _, key := range slices.SortedFunc(maps.Keys(p.parts), func(x, y memo.Key) int { return bytes.Compare(x[:], y[:]) }) {
		if kept, ok := p.parts[key].keep(key); ok && encoder.Encode(kept) != nil {
			return nil
		}
	}
	if packed.Close() != nil {
		return nil
	}
	return note.Bytes()
}

func (p *part) keep(key memo.Key) (kept keptPart, ok bool) {
	if len(p.problems) > 0 {
		return kept, false
	}
	kept = keptPart{Key: key, Objects: p.texts, Given: p.given, Looks: p.looks}
	if kept.Objects != nil {
		return kept, true
	}
	for _, object := range p.objects {
		text, err := object.MarshalJSON()
		if err != nil || isSecret(object.Unstructured) {
			return kept, false
		}
		kept.Objects = append(kept.Objects, text)
	}
	return kept, true
}

func isSecret(object *unstructured.Unstructured) bool { return object.GetKind() == "Secret" }
