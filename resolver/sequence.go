package resolver

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// sequence is a phase as several tests have it: most tests of a workflow take
// its phases as they are.
type sequence struct {
	steps []*Step
	text  fragment
	whole whole
}

// whole is the joined forms of a sequence. Unlike the other forms they are not
// made at once: after a change of a step that hundreds of sequences have, no
// request is to wait for all of them.
type whole struct {
	// uses counts how often a test was resolved to the sequence.
	uses   atomic.Int64
	making sync.Mutex
	made   [codecs]atomic.Pointer[pieces]
}

// worthJoining is how many tests must have a sequence for it to be joined. On
// the full-scale corpus that makes bodies shorter by a sixth, at the cost of 23
// MB; joining all would cost 53 MB, and make them hardly shorter still.
const worthJoining = 4

// joinedIn is the joined form by a codec, or nil where there is none (yet). It
// makes it where it may, and takes the permission.
func (f *fragment) joinedIn(c codec, mayJoin *bool) *pieces {
	if f.whole == nil {
		return nil
	}
	made := &f.whole.made[c]
	if known := made.Load(); known != nil {
		return known
	}
	if !*mayJoin || f.whole.uses.Load() < worthJoining || !f.whole.making.TryLock() {
		return nil
	}
	defer f.whole.making.Unlock()
	*mayJoin = false
	joined := f.join(c)
	made.Store(&joined)
	return &joined
}

// share takes the phases that other tests may have from the table.
func (s *Steps) share(table *variants) {
	for p, steps := range []*[]*Step{&s.Pre, &s.Test, &s.Post} {
		if s.shared[p] = table.sequence(*steps); s.shared[p] != nil {
			*steps = s.shared[p].steps
		}
	}
}

// sequence gives the sequence of steps, or nil where nobody else can have it.
func (v *variants) sequence(steps []*Step) *sequence {
	var space [256]byte
	key := space[:0]
	for _, step := range steps {
		if !step.shared() {
			return nil
		}
		key = binary.AppendUvarint(key, step.id)
	}
	if len(key) == 0 {
		return nil
	}
	s := v.sequences.get(key)
	if s == nil {
		s = v.sequences.put(string(key), &sequence{steps: steps})
	}
	s.whole.uses.Add(1)
	return s
}

// sequence shares the steps, one after another as in a list.
func (l *layout) sequence(s *sequence) any {
	f := &s.text
	f.build.Do(func() {
		f.whole = &s.whole
		inner := &layout{}
		inner.items(s.steps)
		f.shared, f.err = inner.shared, inner.err
		for i := range f.shared {
			if i > 0 {
				f.own.text = append(f.own.text, ",\n"+stepIndent...)
			}
			f.own.end()
		}
		f.own.end()
		f.measure()
	})
	return l.list(f, f.err)
}
