package gitsource

import (
	"container/heap"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// MergeBase gives the newest revision that two have in their histories: where
// what led to one left what led to the other. Where there are several it is the
// newest of them. It is not ok where there is none, or where a shallow clone
// does not have it.
func (s *Source) MergeBase(one, other Revision) (base Revision, ok bool, err error) {
	walk := baseWalk{objects: s.objects, sides: map[plumbing.Hash]side{}}
	for hash, of := range map[string]side{one.Hash: first, other.Hash: second} {
		if err := walk.reach(plumbing.NewHash(hash), of); err != nil {
			return Revision{}, false, err
		}
	}
	if one.Hash == other.Hash {
		return one, true, nil
	}
	found, ok, err := walk.run()
	if err != nil || !ok {
		return Revision{}, false, err
	}
	base, err = s.read(found)
	return base, err == nil, err
}

// side says in whose history a commit is.
type side int

const (
	first  side = 1
	second side = 2
	both        = first | second
)

// baseWalk goes through both histories at once, newest commit first, until a
// commit was reached from both sides.
type baseWalk struct {
	objects *objects
	sides   map[plumbing.Hash]side
	queue   commitQueue
}

// reach notes that a commit is in a side's history. One that is not there is
// where a shallow clone ends.
func (w *baseWalk) reach(hash plumbing.Hash, of side) error {
	before := w.sides[hash]
	if before|of == before {
		return nil
	}
	w.sides[hash] = before | of
	if !w.objects.has(hash) {
		return nil
	}
	commit, err := w.objects.commit(hash)
	if err != nil {
		return fmt.Errorf("look for a common revision: %w", err)
	}
	heap.Push(&w.queue, queuedCommit{hash, commit.Committer.When, commit.ParentHashes})
	return nil
}

func (w *baseWalk) run() (plumbing.Hash, bool, error) {
	for len(w.queue) > 0 {
		next, _ := heap.Pop(&w.queue).(queuedCommit)
		of := w.sides[next.hash]
		if of == both {
			return next.hash, true, nil
		}
		for _, parent := range next.parents {
			if err := w.reach(parent, of); err != nil {
				return plumbing.ZeroHash, false, err
			}
		}
	}
	return plumbing.ZeroHash, false, nil
}

type queuedCommit struct {
	hash    plumbing.Hash
	when    time.Time
	parents []plumbing.Hash
}

// commitQueue has the newest commit first.
type commitQueue []queuedCommit //nolint:recvcheck // as heap.Interface wants it

func (q commitQueue) Len() int           { return len(q) }
func (q commitQueue) Less(i, j int) bool { return q[i].when.After(q[j].when) }
func (q commitQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *commitQueue) Push(x any) {
	commit, _ := x.(queuedCommit)
	*q = append(*q, commit)
}

// Pop implements heap.Interface.
func (q *commitQueue) Pop() any {
	last := len(*q) - 1
	commit := (*q)[last]
	*q = (*q)[:last]
	return commit
}
