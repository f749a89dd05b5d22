package configmaps

import (
	"crypto/sha256"
	"strconv"

	"github.com/drover-ci/drover/generators"
)

// partSize is how many bytes a part's keys and contents may have together.
// The API allows 1 MiB; the rest is for the names of keys, which the server
// repeats in the record of who owns which field.
const partSize = 640 << 10

// keyOverhead is about what a key costs besides its name and content.
const keyOverhead = 64

// Compressed is a file as a part holds it.
type Compressed struct {
	// Key is the name in the ConfigMap: the file's base name.
	Key string
	// Content is compressed with gzip.
	Content []byte
}

// Compress makes a file ready for a part. Doing so once for each content is
// what makes a small change cheap.
func Compress(key string, content []byte) (Compressed, error) {
	compressed, err := compress(content)
	return Compressed{Key: key, Content: compressed}, err
}

// Partition makes ConfigMaps of files whose keys are unique. Each is named for
// its part: NAME-0, NAME-10, NAME-11 and so on, the digits being the first
// bits of its keys' hashes.
func Partition(namespace, name string, files []Compressed) []generators.Object {
	hashed := make([]hashedFile, 0, len(files))
	for _, file := range files {
		hashed = append(hashed, hashedFile{file, sha256.Sum256([]byte(file.Key))})
	}
	p := &partitioner{namespace: namespace, name: name}
	p.split(hashed, "")
	return p.parts
}

type hashedFile struct {
	Compressed
	hash [sha256.Size]byte
}

// bit is the hash's bit at a depth.
func (f *hashedFile) bit(depth int) int { return int(f.hash[depth/8]>>(7-depth%8)) & 1 }

type partitioner struct {
	namespace, name string
	parts           []generators.Object
}

func (p *partitioner) split(files []hashedFile, prefix string) {
	size := 0
	for _, file := range files {
		size += 2*len(file.Key) + keyOverhead + len(file.Content)
	}
	if size <= partSize || len(files) == 1 || len(prefix) == 8*sha256.Size {
		p.part(files, prefix)
		return
	}
	var halves [2][]hashedFile
	for _, file := range files {
		bit := file.bit(len(prefix))
		halves[bit] = append(halves[bit], file)
	}
	for bit, half := range halves {
		p.split(half, prefix+strconv.Itoa(bit))
	}
}

func (p *partitioner) part(files []hashedFile, prefix string) {
	if len(files) == 0 {
		return
	}
	contents := make(map[string][]byte, len(files))
	for _, file := range files {
		contents[file.Key] = file.Content
	}
	name := p.name
	if prefix != "" {
		name += "-" + prefix
	}
	p.parts = append(p.parts, newConfigMap(p.namespace, name, contents))
}
