package configmaps

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-ci/drover/generators"
)

// branch is the files whose keys' hashes begin with the same bits: one part if
// they are below the limit, and else divided by the next bit. Which of the two
// the files alone say, however they came there. It never changes, but for the
// ConfigMap that is added; nil has none.
type branch struct {
	// size is about how many bytes the files take in a part.
	size, count int
	// files are those of a part, in the order of keys, and object is the ConfigMap
	// that holds them, where one was made.
	files  []*hashedFile
	object *generators.Object
	// halves are the branches of those that are divided, by the next bit.
	halves *[2]*branch
}

// partOf is a part, with the bits that all hashes of its keys begin with.
type partOf struct {
	of   *branch
	bits string
}

// named is the name of a part's ConfigMap.
func (p partOf) named(name string) string {
	if p.bits == "" {
		return name
	}
	return name + "-" + p.bits
}

// newBranch divides files, whose hashes have as many first bits in common as the
// depth says.
func newBranch(depth int, files []*hashedFile) *branch {
	if len(files) == 0 {
		return nil
	}
	b := &branch{size: sizeOf(files), count: len(files)}
	if b.isPart(depth) {
		b.files = slices.Clone(files)
		slices.SortFunc(b.files, func(a, b *hashedFile) int { return strings.Compare(a.key, b.key) })
		return b
	}
	halves := inHalves(depth, files)
	b.halves = &[2]*branch{newBranch(depth+1, halves[0]), newBranch(depth+1, halves[1])}
	return b
}

func (b *branch) isPart(depth int) bool {
	return b.size <= partSize || b.count == 1 || depth == 8*sha256.Size
}

// sizeOf is about how many bytes files take in a part.
func sizeOf(files []*hashedFile) int {
	size := 0
	for _, file := range files {
		size += 2*len(file.key) + keyOverhead + file.size()
	}
	return size
}

// inHalves divides files by a bit.
func inHalves(depth int, files []*hashedFile) [2][]*hashedFile {
	var halves [2][]*hashedFile
	for _, file := range files {
		bit := file.bit(depth)
		halves[bit] = append(halves[bit], file)
	}
	return halves
}

// next is the branch without the files of some keys, which it has, and with others.
func (b *branch) next(depth int, without, with []*hashedFile) *branch {
	if len(without) == 0 && len(with) == 0 {
		return b
	}
	if b == nil {
		return newBranch(depth, with)
	}
	next := &branch{size: b.size - sizeOf(without) + sizeOf(with), count: b.count - len(without) + len(with)}
	if b.halves == nil || next.count == 0 || next.isPart(depth) {
		return b.anew(depth, without, with)
	}
	out, in := inHalves(depth, without), inHalves(depth, with)
	next.halves = &[2]*branch{b.halves[0].next(depth+1, out[0], in[0]), b.halves[1].next(depth+1, out[1], in[1])}
	return next
}

// anew divides the files anew. Where they are the same in all but the pointers,
// that is the branch.
func (b *branch) anew(depth int, without, with []*hashedFile) *branch {
	files := slices.DeleteFunc(b.appendTo(nil), func(file *hashedFile) bool {
		return slices.ContainsFunc(without, func(other *hashedFile) bool { return other.key == file.key })
	})
	made := newBranch(depth, append(files, with...))
	equal := func(a, b *hashedFile) bool { return a.keyed.equal(b.keyed) }
	if made != nil && made.halves == nil && slices.EqualFunc(made.files, b.files, equal) {
		return b
	}
	return made
}

// appendTo adds all files.
func (b *branch) appendTo(files []*hashedFile) []*hashedFile {
	if b == nil {
		return files
	}
	if b.halves == nil {
		return append(files, b.files...)
	}
	return b.halves[1].appendTo(b.halves[0].appendTo(files))
}

// appendObjects adds the ConfigMaps of the parts, whose hashes begin with some bits,
// in the order of names. Those that parts have from before are taken over.
func (b *branch) appendObjects(objects []generators.Object, bits []byte, configMap func(partOf) generators.Object) []generators.Object {
	if b == nil {
		return objects
	}
	if b.halves == nil {
		if b.object == nil {
			made := configMap(partOf{b, string(bits)})
			b.object = &made
		}
		return append(objects, *b.object)
	}
	for bit, half := range b.halves {
		objects = half.appendObjects(objects, append(bits, '0'+byte(bit)), configMap)
	}
	return objects
}

// parts are those of the branch, whose hashes begin with some bits, in the order of
// names.
func (b *branch) parts(bits string) []partOf {
	if b == nil {
		return nil
	}
	if b.halves == nil {
		return []partOf{{b, bits}}
	}
	var all []partOf
	for bit, half := range b.halves {
		all = append(all, half.parts(bits+strconv.Itoa(bit))...)
	}
	return all
}

// keyed are the files of a part.
func (b *branch) keyed() []keyed {
	all := make([]keyed, 0, len(b.files))
	for _, file := range b.files {
		all = append(all, file.keyed)
	}
	return all
}
