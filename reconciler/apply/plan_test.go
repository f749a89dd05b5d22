package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func id(name string) Identity { return Identity{Kind: "ConfigMap", Namespace: "ci", Name: name} }

// body is an object with one annotation.
func body(annotation, value string) []byte {
	return []byte(`{"metadata":{"annotations":{"` + annotation + `":"` + value + `"}}}`)
}

func seen(resourceVersion string) presence {
	return presence{uid: "u", resourceVersion: resourceVersion}
}

func TestPlan(t *testing.T) {
	plain := body("nothing", "")
	want := declared{Identity: id("a"), version: "v1", hash: "h1", body: plain}
	good := entry{Identity: id("a"), Version: "v1", Hash: "h1", ResourceVersion: "7", body: plain}
	with := func(change func(*entry)) *entry {
		changed := good
		change(&changed)
		return &changed
	}
	for name, test := range map[string]struct {
		reason string
		want   bool // what is declared
		good   *entry
		begun  *intent
		live   presence
		verb   verb // -1 for none at all
	}{
		"new":            {"not known", true, nil, nil, presence{}, verbCreate},
		"unchanged":      {"as we left it", true, &good, nil, seen("7"), -1},
		"changed in Git": {"another hash", true, with(func(e *entry) { e.Hash = "h0" }), nil, seen("7"), verbUpdate},
		"new version":    {"the same under another API version", true, with(func(e *entry) { e.Version = "v1beta1" }), nil, seen("7"), verbUpdate},
		"changed there":  {"somebody wrote it, perhaps not our fields", true, &good, nil, seen("8"), verbVerify},
		"deleted there":  {"gone, or without our label", true, &good, nil, presence{}, verbHeal},
		"leaving":        {"being deleted by somebody", true, &good, nil, presence{uid: "u", resourceVersion: "7", leaving: true}, verbHeal},
		"wanted again":   {"it was only kept", true, with(func(e *entry) { e.Kept = true }), nil, seen("7"), verbUpdate},
		"interrupted":    {"good, but a revision may have written it", true, &good, &intent{Identity: id("a")}, seen("7"), verbUpdate},
		"begun":          {"an interrupted revision may have made it", true, nil, &intent{Identity: id("a")}, seen("7"), verbCreate},
		"paused":         {"an annotation says to leave it", true, with(func(e *entry) { e.Hash = "h0" }), nil, presence{uid: "u", steering: steering{paused: true}}, verbPause},

		"not wanted":        {"ours, and there", false, &good, nil, seen("9"), verbDelete},
		"gone":              {"ours, and not there", false, &good, nil, presence{}, verbForget},
		"protected there":   {"an annotation in the cluster", false, &good, nil, presence{uid: "u", steering: steering{prune: disabled}}, verbKeep},
		"protected in Git":  {"an annotation in the last revision", false, with(func(e *entry) { e.prune = disabled }), nil, seen("7"), verbKeep},
		"paused, unwanted":  {"neither written nor deleted", false, &good, nil, presence{uid: "u", steering: steering{paused: true}}, verbPause},
		"left over":         {"made by an interrupted revision", false, nil, &intent{Identity: id("a")}, seen("8"), verbUndo},
		"never made":        {"an interrupted revision did not come so far", false, nil, &intent{Identity: id("a")}, presence{}, verbForget},
		"taken over before": {"an interrupted revision took it", false, nil, &intent{Identity: id("a"), before: plain}, seen("8"), verbRestore},
	} {
		t.Run(name, func(t *testing.T) {
			known := &inventory{good: map[Identity]entry{}, intents: map[Identity]intent{}}
			if test.good != nil {
				known.good[id("a")] = *test.good
			}
			if test.begun != nil {
				known.intents[id("a")] = *test.begun
			}
			var all []declared
			if test.want {
				all = append(all, want)
			}
			p := makePlan(all, known, map[Identity]presence{id("a"): test.live})
			got := verb(-1)
			if len(p.steps) > 0 {
				got = p.steps[0].verb
			}
			if got != test.verb || len(p.steps) > 1 || (p.unchanged == 1) != (test.verb == -1) {
				t.Errorf("%s: got verb %d of %d, %d unchanged, want verb %d", test.reason, got, len(p.steps), p.unchanged, test.verb)
			}
		})
	}
}

func TestPlanIsSorted(t *testing.T) {
	known := &inventory{good: map[Identity]entry{}, intents: map[Identity]intent{}}
	live := map[Identity]presence{}
	for _, name := range []string{"d", "b", "f"} {
		known.good[id(name)] = entry{Identity: id(name)}
		live[id(name)] = seen("1")
	}
	p := makePlan([]declared{{Identity: id("a")}, {Identity: id("c")}, {Identity: id("e")}}, known, live)
	var got []string
	for _, s := range p.steps {
		got = append(got, s.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e", "f"}, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
