package apply

import (
	"sync"
	"time"
)

const (
	// fightRounds a fightWindow may pass before putting an object right is taken for a fight.
	fightRounds = 5
	fightWindow = time.Minute
	// fightPause is how long the object is left alone then; each further fight doubles it, up to fightMaxPause.
	fightPause    = time.Minute
	fightMaxPause = 16 * time.Minute
)

// fights keeps watch on how often each object has to be put right, so that two who disagree do not write for ever.
type fights struct {
	mu      sync.Mutex
	objects map[Identity]*bout
}

// bout is the recent past of one object.
type bout struct {
	rounds []time.Time // at most fightRounds
	until  time.Time   // left alone
	pause  time.Duration
}

func newFights() *fights { return &fights{objects: make(map[Identity]*bout)} }

// ask tells whether an object may be put right now; if not, how long it is to be left alone, and whether that has just
// begun.
func (f *fights) ask(id Identity, now time.Time) (pause time.Duration, begins bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.objects[id]
	switch {
	case b == nil:
		return 0, false
	case now.Before(b.until):
		return b.until.Sub(now), false
	}
	b.forget(now)
	if len(b.rounds) < fightRounds {
		return 0, false
	}
	b.pause = min(max(2*b.pause, fightPause), fightMaxPause)
	b.until = now.Add(b.pause)
	b.rounds = nil
	return b.pause, true
}

// note counts a round.
func (f *fights) note(id Identity, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sweep(now)
	b := f.objects[id]
	if b == nil {
		b = new(bout)
		f.objects[id] = b
	}
	b.forget(now)
	b.rounds = append(b.rounds, now)
}

// forget drops the rounds that are too long ago.
func (b *bout) forget(now time.Time) {
	for len(b.rounds) > 0 && now.Sub(b.rounds[0]) >= fightWindow {
		b.rounds = b.rounds[1:]
	}
}

// sweep drops the objects that have been quiet for as long as the longest pause.
func (f *fights) sweep(now time.Time) {
	for id, b := range f.objects {
		b.forget(now)
		if len(b.rounds) == 0 && now.Sub(b.until) >= fightMaxPause {
			delete(f.objects, id)
		}
	}
}
