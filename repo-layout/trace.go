package repolayout

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
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
	return note(t, read{dir, entries}, t.tree.ReadDir, sumOfEntries)
}

// ReadFile reads a file.
func (t *Tracer) ReadFile(name string) ([]byte, error) {
	return note(t, read{name, content}, t.tree.ReadFile, BlobID)
}

// ReadLink gives a link's target.
func (t *Tracer) ReadLink(name string) (string, error) {
	return note(t, read{name, target}, t.tree.ReadLink, func(target string) ID { return BlobID([]byte(target)) })
}

// note reads, and remembers how it looked before: what changes meanwhile looks
// different ever after.
func note[T any](t *Tracer, what read, do func(string) (T, error), sum func(T) ID) (T, error) {
	seen := t.tree.look(what)
	result, err := do(what.path)
	if err == nil {
		seen.sum = sum(result)
	} else {
		seen.sum = BlobID([]byte("cannot be read: " + err.Error()))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made.looks[what] = seen
	return result, err
}

func sumOfEntries(entries []Entry) ID {
	var text bytes.Buffer
	for _, entry := range entries {
		fmt.Fprintf(&text, "%d %q\n", entry.Kind, entry.Name)
	}
	return BlobID(text.Bytes())
}

// look says how something looks from outside.
func (t folderTree) look(at read) look {
	stat := os.Stat
	if at.what == target {
		stat = os.Lstat
	}
	var seen look
	if info, err := stat(filepath.Join(t.root.Name(), filepath.FromSlash(at.path))); err == nil {
		seen.stat = statOf(info)
		seen.young = time.Since(time.Unix(0, max(seen.stat[1], seen.stat[2]))) < settled
	}
	return seen
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
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() error {
			for i := worker; i < len(all) && ctx.Err() == nil; i += workers {
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

// columns is the written form of a trace: each property in one piece, which is
// read ten times faster than records.
type columns struct {
	Paths    []string
	Readings []byte
	Stats    []int64
	Sums     []byte
	Young    []bool
}

// MarshalBinary gives a form that [Trace.UnmarshalBinary] reads.
func (t *Trace) MarshalBinary() ([]byte, error) {
	all := slices.SortedFunc(maps.Keys(t.looks), func(a, b read) int {
		return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(a.what, b.what))
	})
	var written columns
	for _, at := range all {
		seen := t.looks[at]
		written.Paths = append(written.Paths, at.path)
		written.Readings = append(written.Readings, byte(at.what))
		written.Stats = append(written.Stats, seen.stat[:]...)
		written.Sums = append(written.Sums, seen.sum[:]...)
		written.Young = append(written.Young, seen.young)
	}
	var text bytes.Buffer
	err := gob.NewEncoder(&text).Encode(written)
	return text.Bytes(), err
}

// UnmarshalBinary reads what [Trace.MarshalBinary] wrote.
func (t *Trace) UnmarshalBinary(data []byte) error {
	var written columns
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&written); err != nil {
		return fmt.Errorf("read a trace: %w", err)
	}
	count := len(written.Paths)
	if len(written.Readings) != count || len(written.Young) != count ||
		len(written.Stats) != count*len(stat{}) || len(written.Sums) != count*len(ID{}) {
		return fmt.Errorf("read a trace: %w", fs.ErrInvalid)
	}
	t.looks = make(map[read]look, count)
	for i, path := range written.Paths {
		t.looks[read{path, reading(written.Readings[i])}] = look{
			stat:  stat(written.Stats[i*len(stat{}):]),
			sum:   ID(written.Sums[i*len(ID{}):]),
			young: written.Young[i],
		}
	}
	return nil
}
