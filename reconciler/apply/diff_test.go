package apply_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators"
)

func background() context.Context { return context.Background() }

func bundle64(bundle []byte) string { return base64.StdEncoding.EncodeToString(bundle) }

func (s *site) secret(name, password, user string) generators.Object {
	return object("clusters/"+name+".yaml", map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"namespace": s.namespace, "name": name},
		"data": map[string]any{"password": bundle64([]byte(password)), "user": bundle64([]byte(user))},
	})
}

func TestDiffTellsWhatApplyWouldDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	s.apply(target, "r1", s.configMap("changed", "1"), s.configMap("going", "1"), s.configMap("same", "1"), s.secret("login", "old-password", "somebody"))
	next := []generators.Object{s.configMap("changed", "2"), s.configMap("new", "2"), s.configMap("same", "1"), s.secret("login", "new-password", "somebody")}
	var got []string
	requests := s.wire.during(func() {
		differences, err := target.Diff(t.Context(), "r2", next)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range differences {
			line := d.Object.Name + " " + d.Source
			if d.Before == nil {
				line += " is new"
			}
			if d.After == nil {
				line += " goes"
			}
			got = append(got, line)
			for _, each := range []any{d.Before, d.After} {
				text, err := yaml.Marshal(each)
				if err != nil {
					t.Fatal(err)
				}
				for _, hidden := range []string{bundle64([]byte("old-password")), bundle64([]byte("new-password")), bundle64([]byte("somebody")), "managedFields"} {
					if strings.Contains(string(text), hidden) {
						t.Errorf("%s shows %s:\n%s", d.Object, hidden, text)
					}
				}
			}
			if d.Object.Kind == "Secret" {
				want := map[string]any{"password": "*** (after)", "user": "***"}
				if diff := cmp.Diff(want, d.After.Object["data"]); diff != "" {
					t.Errorf("masked values (-want +got):\n%s", diff)
				}
			}
		}
	})
	want := []string{"changed clusters/changed.yaml", "going  goes", "new clusters/new.yaml is new", "login clusters/login.yaml"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if writes := written(requests); len(writes) > 0 {
		t.Errorf("looking wrote: %q", writes)
	}
	s.apply(target, "r2", next...)
	if differences, err := target.Diff(t.Context(), "r3", next); err != nil || len(differences) > 0 {
		t.Errorf("after applying it: %v, %v", differences, err)
	}
}
