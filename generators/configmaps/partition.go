package configmaps

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/schema"
)

// partSize is how many bytes a part's keys and contents may have together. The
// API allows 1 MiB. What a change of one file costs the server, and us, is what
// its part costs, and that grows with its size: 30 ms for each time that one of
// this size is sent. Smaller ones would be more than people want to mount.
const partSize = 320 << 10

// keyOverhead is about what a key costs besides its name and content.
const keyOverhead = 64

// Compressed is a file as a part holds it, compressed with gzip.
type Compressed struct {
	file hashedFile
	// sum is the hash of the content as it was.
	sum [sha256.Size]byte
}

// Compress makes a file ready for a part. Doing so once for each content is
// what makes a small change cheap. All parts that ever hold it share its text.
func Compress(key string, content []byte) (Compressed, error) {
	compressed, err := compress(content)
	file := hashedFile{keyed{key: key, encoded: base64.StdEncoding.EncodeToString(compressed)}, sha256.Sum256([]byte(key))}
	return Compressed{file: file, sum: sha256.Sum256(content)}, err
}

// Key is the name in the ConfigMap.
func (c *Compressed) Key() string { return c.file.key }

// Content is the content as it was.
func (c *Compressed) Content() ([]byte, error) {
	reader, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(c.file.encoded)))
	if err != nil {
		return nil, fmt.Errorf("uncompress: %w", err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("uncompress: %w", err)
	}
	return content, nil
}

// Holds says whether this is what a content is compressed to.
func (c *Compressed) Holds(content []byte) bool { return c.sum == sha256.Sum256(content) }

// A Partition is files divided among ConfigMaps, each named for its part:
// NAME-0, NAME-10, NAME-11 and so on, the digits being the first bits of its
// keys' hashes. It is immutable.
type Partition struct {
	namespace, name string
	all             *branch
	objects         []generators.Object
}

// NewPartition has no files, and so no ConfigMap.
func NewPartition(namespace, name string) *Partition {
	return &Partition{namespace: namespace, name: name}
}

// Objects are the ConfigMaps, in the order of names.
func (p *Partition) Objects() []generators.Object { return p.objects }

// Next divides the files without some of them and with others. Keys are to be
// unique then. A ConfigMap that would hold what it holds already is taken over. The
// result is that of dividing the files from the start, and costs what changes.
func (p *Partition) Next(without, with []*Compressed) *Partition {
	next := &Partition{namespace: p.namespace, name: p.name}
	next.all = p.all.next(0, hashedOf(without), hashedOf(with))
	next.objects = next.all.appendObjects(make([]generators.Object, 0, len(p.objects)+1), nil, func(part partOf) generators.Object {
		return newConfigMap(p.namespace, part.named(p.name), part.of.keyed())
	})
	return next
}

func hashedOf(files []*Compressed) []*hashedFile {
	all := make([]*hashedFile, len(files))
	for i, file := range files {
		all[i] = &file.file
	}
	return all
}

// part is a ConfigMap to be.
type part struct {
	name  string
	files []keyed
}

// size is how many bytes the API counts.
func (p *part) size() int {
	size := 0
	for _, file := range p.files {
		size += len(file.key) + file.size()
	}
	return size
}

// divide divides files among ConfigMaps as a rule says. A file's key alone says
// where it goes, as long as the parts stay.
func divide(rule *schema.Publish, files []keyed) []part {
	switch {
	case rule.Split:
		return split(rule.ConfigMap, files)
	case len(rule.Parts) == 0:
		return []part{{name: rule.ConfigMap, files: files}}
	}
	parts := make([]part, len(rule.Parts))
	for i, name := range rule.Parts {
		parts[i].name = name
	}
	for _, file := range files {
		at := int(sha256.Sum256([]byte(file.key))[0]) % len(parts)
		parts[at].files = append(parts[at].files, file)
	}
	return parts
}

// split divides files by the first bits of their keys' hashes into parts below
// the limit.
func split(name string, files []keyed) []part {
	var all []part
	for _, each := range newBranch(0, hashed(files)).parts("") {
		all = append(all, part{name: each.named(name), files: each.of.keyed()})
	}
	return all
}

// hashedFile is a file with the hash of its key.
type hashedFile struct {
	keyed

	hash [sha256.Size]byte
}

func hashed(files []keyed) []*hashedFile {
	all := make([]*hashedFile, 0, len(files))
	for _, file := range files {
		all = append(all, &hashedFile{file, sha256.Sum256([]byte(file.key))})
	}
	return all
}

// bit is the hash's bit at a depth.
func (f *hashedFile) bit(depth int) int { return int(f.hash[depth/8]>>(7-depth%8)) & 1 }
