package apply

import (
	"testing"
	"time"
)

func TestFights(t *testing.T) {
	f, id, other := newFights(), Identity{Kind: "ConfigMap", Name: "a"}, Identity{Kind: "ConfigMap", Name: "b"}
	now := time.Unix(0, 0)
	ask := func(want time.Duration, wantBegins bool) {
		t.Helper()
		if pause, begins := f.ask(id, now); pause != want || begins != wantBegins {
			t.Errorf("after %s: got %s, %t, want %s, %t", now.Sub(time.Unix(0, 0)), pause, begins, want, wantBegins)
		}
	}
	rounds := func(n int) {
		for range n {
			f.note(id, now)
			now = now.Add(time.Second)
		}
	}
	rounds(fightRounds - 1)
	ask(0, false)
	now = now.Add(fightWindow)
	rounds(fightRounds)
	ask(fightPause, true)
	now = now.Add(fightPause / 2)
	ask(fightPause/2, false)
	if pause, _ := f.ask(other, now); pause != 0 {
		t.Errorf("an object that nobody fights over waits %s", pause)
	}
	now = now.Add(fightPause / 2)
	ask(0, false)
	rounds(fightRounds)
	ask(2*fightPause, true)
	for range 10 {
		now = now.Add(fightMaxPause)
		rounds(fightRounds)
		f.ask(id, now)
	}
	now = now.Add(fightMaxPause)
	rounds(fightRounds)
	ask(fightMaxPause, true)

	now = now.Add(3 * fightMaxPause)
	f.note(other, now)
	if _, kept := f.objects[id]; kept {
		t.Error("an object that is long quiet is still remembered")
	}
}
