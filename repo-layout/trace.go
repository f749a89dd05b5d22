package repolayout

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/internal/workers"
)

// Trace says what was read of a folder on disk, and how that looked from
// outside. Where all of it still looks so, reading it again would give the
// same, and whoever kept what followed from it need not read at all. The zero
// Trace is of one who read nothing.
type Trace struct {
	looks map[read]look
}

// read is one thing that was read.
type read struct {
	path string
	what reading
}

// reading is what was read there.
type reading byte

const (
	entries reading = iota // of a folder
	content                // of a file
	target                 // of a link
)

// look is how what was read looked.
type look struct {
	// stat is empty where nothing is there.
	stat stat
	// sum identifies what was read, or why it could not be.
	sum ID
	// young says that it had changed so recently that it could change again
	// without looking different.
	young bool
}

// stat is how something looks from outside: size, times of change of content
// and of properties, number and mode. All are numbers of the operating system.
type stat [5]int64

// settled is how long ago a change must be for times to tell it from a later
// one. File systems count in steps of up to two seconds.
const settled = 3 * time.Second

// Tracer is a folder's tree that keeps a [Trace] of what is read.
type Tracer struct {
	tree folderTree
	mu   sync.Mutex
	made Trace
}

// NewTracer traces what is read of a tree. It is false for a tree that is no
// folder on disk.
func NewTracer(tree Tree) (*Tracer, bool) {
	folder, ok := tree.(folderTree)
	return &Tracer{tree: folder, made: Trace{looks: map[read]look{}}}, ok
}

// Trace gives what was read so far.
func (t *Tracer) Trace() *Trace {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &Trace{looks: maps.Clone(t.made.looks)}
}

// ReadDir lists a folder.
func (t *Tracer) ReadDir(dir string) ([]Entry, error) {
	seen := t.tree.look(read{dir, entries})
	listed, err := t.tree.ReadDir(dir)
	t.note(read{dir, entries}, seen, sumOfEntries(listed), err)
	return listed, err
}

// ReadFile reads a file.
func (t *Tracer) ReadFile(name string) ([]byte, error) {
	read, _, err := t.readBlob(name, nil)
	return read, err
}

// readBlob is [blobReader]'s. A file that was read is noted as it looked when it
// was opened: one that is put in its place later looks different.
func (t *Tracer) readBlob(name string, buffer []byte) ([]byte, ID, error) {
	text, seen, err := t.tree.readInto(name, buffer)
	if err != nil {
		t.noteLost(name, err)
		return nil, ID{}, err
	}
	id := BlobID(text)
	t.note(read{name, content}, newLook(seen), id, nil)
	return text, id, nil
}

// readInto is [intoReader]'s. What was read before is not hashed again.
func (t *Tracer) readInto(name string, buffer []byte) ([]byte, stat, error) {
	text, seen, err := t.tree.readInto(name, buffer)
	switch {
	case err != nil:
		t.noteLost(name, err)
	case !t.noted(read{name, content}):
		t.note(read{name, content}, newLook(seen), BlobID(text), nil)
	}
	return text, seen, err
}

// noteLost notes a file that could not be read.
func (t *Tracer) noteLost(name string, err error) {
	at := read{name, content}
	t.note(at, t.tree.look(at), ID{}, err)
}

func (t *Tracer) noted(at read) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.made.looks[at]
	return known
}

// ReadLink gives a link's target.
func (t *Tracer) ReadLink(name string) (string, error) {
	seen := t.tree.look(read{name, target})
	leads, err := t.tree.ReadLink(name)
	t.note(read{name, target}, seen, BlobID([]byte(leads)), err)
	return leads, err
}

// note remembers what was read, or why it could not be, with how it looked
// before: what changes meanwhile looks different ever after. So does what is read
// again and has changed since the first time.
func (t *Tracer) note(what read, seen look, sum ID, err error) {
	if seen.sum = sum; err != nil {
		seen.sum = BlobID([]byte("cannot be read: " + err.Error()))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.made.looks[what]; !known {
		t.made.looks[what] = seen
	}
}

func sumOfEntries(listed []Entry) ID {
	var text []byte
	for _, entry := range listed {
		text = append(text, byte(entry.Kind)) //nolint:gosec // one of four
		text = append(append(text, entry.Name...), 0)
	}
	return BlobID(text)
}

// look says how something looks from outside.
func (t folderTree) look(at read) look { return newLook(t.statAt(at)) }

func newLook(seen stat) look {
	changed := time.Unix(0, max(seen[1], seen[2]))
	return look{stat: seen, young: seen != (stat{}) && time.Since(changed) < settled}
}

// Holds says whether all that was read of the folder would be read so again.
// What looks as it did is not read. What was young is; if the trace holds it
// is remembered as it looks now, and the trace is renewed.
func (t *Trace) Holds(ctx context.Context, folder Tree) (holds, renewed bool) {
	again, ok := NewTracer(folder)
	if !ok {
		return false, false
	}
	all := slices.Collect(maps.Keys(t.looks))
	group, ctx := errgroup.WithContext(ctx)
	count := workers.Count()
	for worker := range count {
		group.Go(func() error {
			for i := worker; i < len(all) && ctx.Err() == nil; i += count {
				if !again.same(all[i], t.looks[all[i]]) {
					return errChanged
				}
			}
			return ctx.Err()
		})
	}
	if group.Wait() != nil {
		return false, false
	}
	maps.Copy(t.looks, again.made.looks)
	return true, len(again.made.looks) > 0
}

var errChanged = errors.New("something has changed")

// same says whether something would be read as before.
func (t *Tracer) same(at read, before look) bool {
	now := t.tree.look(at)
	if now.stat == before.stat && !before.young || now.stat == (stat{}) || before.stat == (stat{}) {
		return now.stat == before.stat
	}
	switch at.what { // what fails is noted like what is read
	case entries:
		_, _ = t.ReadDir(at.path)
	case content:
		_, _ = t.ReadFile(at.path)
	case target:
		_, _ = t.ReadLink(at.path)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.made.looks[at].sum == before.sum
}

// MarshalBinary gives a form that [Trace.UnmarshalBinary] reads: each property
// in one piece, which is read ten times faster than records.
func (t *Trace) MarshalBinary() ([]byte, error) {
	all := slices.SortedFunc(maps.Keys(t.looks), func(a, b read) int {
		return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(a.what, b.what))
	})
	var stats []int64
	var flags, sums, paths []byte
	for _, at := range all {
		seen := t.looks[at]
		stats = append(stats, seen.stat[:]...)
		flags = append(flags, byte(at.what))
		if seen.young {
			flags[len(flags)-1] |= youngFlag
		}
		sums = append(sums, seen.sum[:]...)
		paths = append(append(paths, at.path...), 0)
	}
	written, err := binary.Append(nil, binary.LittleEndian, int64(len(all)))
	if err == nil {
		written, err = binary.Append(written, binary.LittleEndian, stats)
	}
	return slices.Concat(written, flags, sums, paths), err
}

// youngFlag stands beside a reading in the written form.
const youngFlag = 0x80

// UnmarshalBinary reads what [Trace.MarshalBinary] wrote.
func (t *Trace) UnmarshalBinary(data []byte) error {
	const number = 8 // bytes
	const fixed = len(stat{})*number + 1 + len(ID{})
	if len(data) < number {
		return errNoTrace
	}
	count := int(binary.LittleEndian.Uint64(data)) //nolint:gosec // what does not fit the length is refused
	data = data[number:]
	if count < 0 || count > len(data)/fixed {
		return errNoTrace
	}
	stats := make([]int64, count*len(stat{}))
	if _, err := binary.Decode(data, binary.LittleEndian, stats); err != nil {
		return fmt.Errorf("%w: %w", errNoTrace, err)
	}
	flags, sums := data[len(stats)*number:], data[len(stats)*number+count:]
	paths := strings.Split(string(data[count*fixed:]), "\x00")
	if len(paths) != count+1 { // the last is what follows the last end
		return errNoTrace
	}
	t.looks = make(map[read]look, count)
	for i := range count {
		t.looks[read{paths[i], reading(flags[i] &^ youngFlag)}] = look{
			stat:  stat(stats[i*len(stat{}):]),
			sum:   ID(sums[i*len(ID{}):]),
			young: flags[i]&youngFlag != 0,
		}
	}
	return nil
}

var errNoTrace = errors.New("read a trace: it is not whole")
