package apply_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

// refuse applies a revision that must be refused without a write, and gives the reasons.
func (s *site) refuse(target *apply.Target, revision string, objects ...generators.Object) []apply.Refusal {
	s.t.Helper()
	var err error
	requests := s.wire.during(func() { _, err = target.Apply(s.t.Context(), revision, objects) })
	var refused *apply.RefusedError
	if !errors.As(err, &refused) {
		s.t.Fatalf("got %v, want a refusal", err)
	}
	if refused.Revision != revision {
		s.t.Errorf("refused revision: %s, want %s", refused.Revision, revision)
	}
	if writes := written(requests); len(writes) > 0 {
		s.t.Errorf("it was refused, but wrote: %q", writes)
	}
	return refused.Refusals
}

// brief are refusals in a line each: source, rule, reason.
func brief(refusals []apply.Refusal) []string {
	var lines []string
	for _, r := range refusals {
		lines = append(lines, r.Source+" "+r.Rule+": "+r.Reason)
	}
	return lines
}

func TestRefusedRevisionsWriteNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	want := map[string]string{"a": "1", "b": "1"}
	s.apply(target, "r1", s.configMapsOf(want)...)

	badKey := s.configMap("bad-key", "1")
	badKey.Object["data"] = map[string]any{"not a key": "1"}
	badType := s.configMap("bad-type", "1")
	badType.Object["data"] = map[string]any{"number": int64(1)}
	badField := s.configMap("bad-field", "1")
	badField.Object["date"] = "1"
	elsewhere := configMap(s.namespace+"-elsewhere", "elsewhere", "1")
	homeless := configMap("", "homeless", "1")
	unknown := s.configMap("unknown", "1")
	unknown.SetAPIVersion("drover.test/v1")
	first, second := s.configMap("twice", "1"), s.configMap("twice", "2")
	second.Source = "clusters/again.yaml"

	for name, test := range map[string]struct {
		reason  string
		objects []generators.Object
		want    []string
	}{
		"server": {
			reason:  "all that the server refuses is told, not only the first",
			objects: []generators.Object{s.configMap("a", "2"), s.configMap("new", "1"), badKey, badType, badField, elsewhere},
			want: []string{
				"clusters/bad-field.yaml cluster-refused: failed to create typed patch object",
				"clusters/bad-key.yaml cluster-refused: ConfigMap \"bad-key\" is invalid: data[not a key]",
				"clusters/bad-type.yaml cluster-refused: failed to create typed patch object",
				"clusters/elsewhere.yaml cluster-refused: namespaces \"" + s.namespace + "-elsewhere\" not found",
			},
		},
		"form": {
			reason:  "what cannot be sent is told before the server is asked",
			objects: []generators.Object{s.configMap("a", "2"), homeless, unknown},
			want: []string{
				"clusters/homeless.yaml cluster-object: it needs a namespace",
				"clusters/unknown.yaml cluster-object: the cluster has no such kind: ConfigMap in drover.test/v1",
			},
		},
		"twice": {
			reason:  "two files cannot declare the same object",
			objects: []generators.Object{s.configMap("a", "2"), first, second},
			want:    []string{"clusters/again.yaml cluster-duplicate: it is declared twice, first in clusters/twice.yaml"},
		},
		"nothing": {
			reason: "an empty revision is never meant",
			want:   []string{" cluster-empty: the revision declares nothing, and 2 objects are owned: nothing is deleted"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := brief(s.refuse(target, "r2", test.objects...))
			for i := range min(len(got), len(test.want)) {
				got[i] = got[i][:min(len(got[i]), len(test.want[i]))]
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
			s.mustHold("afterwards", want)
		})
	}
}

func TestRefusalsAreProblems(t *testing.T) {
	id := apply.Identity{Group: "apps", Kind: "Deployment", Namespace: "ci", Name: "prow"}
	many := make([]apply.Refusal, 5)
	for i := range many {
		many[i] = apply.Refusal{Object: id, Source: "a.yaml", Rule: apply.RuleRefused, Reason: "no"}
	}
	err := &apply.RefusedError{Revision: "r1", Refusals: many}
	want := "revision r1 is refused: " + strings.Repeat("Deployment.apps ci/prow (a.yaml): no; ", 3) + "and 2 more"
	if got := err.Error(); got != want {
		t.Errorf("error:\n got %s\nwant %s", got, want)
	}
	if got, want := many[0].Problem().String(), "a.yaml: Deployment.apps ci/prow: no [cluster-refused]"; got != want {
		t.Errorf("problem:\n got %s\nwant %s", got, want)
	}
}
