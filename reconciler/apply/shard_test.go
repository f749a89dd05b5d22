package apply

import (
	"bytes"
	"fmt"
	"maps"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entries are n of about a kilobyte each.
func entries(n int) map[Identity]entry {
	all := make(map[Identity]entry, n)
	for i := range n {
		id := id(fmt.Sprint("entry-", i))
		all[id] = entry{
			Identity: id, Version: "v1", Source: "a.yaml", Hash: fmt.Sprint("hash-", i), ResourceVersion: strconv.Itoa(i),
			Kept: i%7 == 0, body: bytes.Repeat([]byte{byte('a' + i%26)}, 1000),
		}
	}
	return all
}

func names(shards []shard) map[string]bool {
	all := make(map[string]bool)
	for _, s := range shards {
		all[s.name] = true
	}
	return all
}

func TestShardsHoldEverything(t *testing.T) {
	for _, n := range []int{0, 1, 2, 500, 3000} {
		want, got := entries(n), map[Identity]entry{}
		for _, s := range split(want) {
			size := 0
			for _, e := range s.entries {
				size += len(e.body)
			}
			if size > shardBytes {
				t.Errorf("%d entries: a shard of %d bytes", n, size)
			}
			packed, err := packEntries(s.entries)
			if err != nil {
				t.Fatal(err)
			}
			if err := unpackEntries(packed, got); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{}, steering{})); diff != "" {
			t.Errorf("%d entries (-want +got):\n%s", n, diff)
		}
	}
}

// TestShardsHoldHowObjectsAreSteered: that is read from the objects themselves.
func TestShardsHoldHowObjectsAreSteered(t *testing.T) {
	want := entry{Identity: id("a"), body: body(PruneAnnotation, disabled), steering: steering{prune: disabled}}
	packed, err := packEntries([]entry{want})
	if err != nil {
		t.Fatal(err)
	}
	got := map[Identity]entry{}
	if err := unpackEntries(packed, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[Identity]entry{want.Identity: want}, got, cmp.AllowUnexported(entry{}, steering{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOneChangeChangesOneShard(t *testing.T) {
	all := entries(3000)
	before := names(split(all))
	if diff := cmp.Diff(before, names(split(maps.Clone(all)))); diff != "" {
		t.Errorf("the same entries (-want +got):\n%s", diff)
	}
	for what, change := range map[string]func(*entry){
		"hash":            func(e *entry) { e.Hash = "other" },
		"resourceVersion": func(e *entry) { e.ResourceVersion = "other" },
		"version":         func(e *entry) { e.Version = "other" },
		"kept":            func(e *entry) { e.Kept = !e.Kept },
	} {
		changed := maps.Clone(all)
		e := changed[id("entry-1234")]
		change(&e)
		changed[id("entry-1234")] = e
		fresh := 0
		for name := range names(split(changed)) {
			if !before[name] {
				fresh++
			}
		}
		if fresh != 1 {
			t.Errorf("%s: %d shards differ, want 1 of %d", what, fresh, len(before))
		}
	}
}

func TestIntentsKeepWhatWasThere(t *testing.T) {
	want := map[Identity]intent{
		id("new"):   {Identity: id("new"), Version: "v1"},
		id("taken"): {Identity: id("taken"), Version: "v1", before: []byte(`{"kind":"ConfigMap"}`)},
	}
	packed, err := packIntents([]intent{want[id("new")], want[id("taken")]})
	if err != nil {
		t.Fatal(err)
	}
	got := map[Identity]intent{}
	if err := unpackIntents(packed, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(intent{})); diff != "" {
		t.Errorf("intents (-want +got):\n%s", diff)
	}
}

func TestBrokenShardsAreErrors(t *testing.T) {
	packed, err := packEntries([]entry{{Identity: id("a"), body: []byte("{}")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string][]byte{"empty": nil, "not packed": []byte("{}"), "cut": packed[:len(packed)-9]} {
		if err := unpackEntries(broken, map[Identity]entry{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
