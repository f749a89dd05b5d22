package apply

import (
	"maps"
	"sync"
	"time"
)

// troubles are why objects could not be put right when that was tried last.
type troubles struct {
	mu     sync.Mutex
	object map[Identity]string
}

func newTroubles() *troubles { return &troubles{object: make(map[Identity]string)} }

// note remembers an object's trouble; nil forgets it. It tells whether that is news.
func (t *troubles) note(id Identity, err error) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := t.object[id]
	if err == nil {
		delete(t.object, id)
		return last != ""
	}
	t.object[id] = err.Error()
	return last != err.Error()
}

// all gives what troubles each object, fights included.
func (t *troubles) all(f *fights, now time.Time) map[Identity]string {
	t.mu.Lock()
	all := maps.Clone(t.object)
	t.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, b := range f.objects {
		if b.rages(now) {
			all[id] = "somebody changes it again and again, more than five times a minute"
		}
	}
	return all
}

// rages tells whether there was a fight that is not over, or has not been for a while.
func (b *bout) rages(now time.Time) bool {
	return !b.until.IsZero() && now.Before(b.until.Add(fightWindow))
}
