package server_test

import (
	"errors"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/schema"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

func static(leaseType string, names ...string) *leases.Config {
	return &leases.Config{Resources: []leases.Entry{{Type: leaseType, State: leases.Free, Names: names}}}
}

// ask acquires without waiting, and gives the resource's name, or "" where there
// is none.
func ask(t *testing.T, s *testleases.System, owner, id string) string {
	t.Helper()
	r, err := s.Server.Take(t.Context(), leases.Acquisition{Type: "t", State: leases.Free, Dest: leases.Leased, Owner: owner, ID: id})
	if err != nil && !errors.As(err, new(*leases.NotFoundError)) {
		t.Fatalf("%s asks: %v", owner, err)
	}
	return r.Name
}

func give(t *testing.T, s *testleases.System, name, owner string) {
	t.Helper()
	if err := s.Server.Give(t.Context(), name, leases.Free, owner); err != nil {
		t.Fatal(err)
	}
}

// TestTheLineSurvivesARestart: whoever was told to come again has a place in
// line, with an id or without, whichever server is asked then, and in whatever
// order they come.
func TestTheLineSurvivesARestart(t *testing.T) {
	t.Parallel()
	s := testleases.Start(t, &cluster, testleases.Options{Config: static("t", "r")})
	s.Until("there is a resource", func() bool { return len(s.Stored()) == 1 })
	if got := ask(t, s, "holder", ""); got != "r" {
		t.Fatalf("got %q", got)
	}
	line := []struct{ owner, id string }{{"named", "1"}, {"nameless", ""}, {"other", "2"}}
	for _, each := range line {
		if got := ask(t, s, each.owner, each.id); got != "" {
			t.Fatalf("%s got %s", each.owner, got)
		}
	}
	last := "holder"
	for i := range line {
		s.Pause()
		s.Resume()
		give(t, s, "r", last)
		for late := len(line) - 1; late > i; late-- {
			if got := ask(t, s, line[late].owner, line[late].id); got != "" {
				t.Errorf("%s came before %s", line[late].owner, line[i].owner)
			}
		}
		if got := ask(t, s, line[i].owner, line[i].id); got != "r" {
			t.Errorf("%s, whose turn it is, got %q", line[i].owner, got)
		}
		last = line[i].owner
	}
}

// TestTakingOverFromBoskos: objects as Boskos writes them are served as they
// are: who holds a lease keeps it and can give it back, the least recently used
// is given first, and what others put on an object stays.
func TestTakingOverFromBoskos(t *testing.T) {
	t.Parallel()
	s := testleases.Start(t, &cluster, testleases.Options{})
	s.Pause()
	client, err := dynamic.NewForConfig(cluster.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	at := func(resource string) dynamic.ResourceInterface {
		return client.Resource(runtimeschema.GroupVersionResource{Group: "boskos.k8s.io", Version: "v1", Resource: resource}).Namespace(s.Namespace)
	}
	create := func(resource, kind, name string, content map[string]any) {
		t.Helper()
		object := map[string]any{
			"apiVersion": "boskos.k8s.io/v1", "kind": kind,
			"metadata": map[string]any{"name": name, "labels": map[string]any{"team": "a"}},
		}
		maps.Copy(object, content)
		if _, err := at(resource).Create(t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	status := func(state, owner, updated string) map[string]any {
		return map[string]any{"spec": map[string]any{"type": "t"}, "status": map[string]any{
			"state": state, "owner": owner, "lastUpdate": updated, "userData": map[string]any{"k": "v"},
		}}
	}
	create("resources", "ResourceObject", "held", status("leased", "ci-op-1", "2026-01-01T00:00:00Z"))
	create("resources", "ResourceObject", "a-later", status("free", "", "2026-01-02T00:00:00Z"))
	create("resources", "ResourceObject", "b-earlier", status("free", "", "2026-01-01T00:00:00Z"))
	create("resources", "ResourceObject", "gone", status("free", "", "2026-01-01T00:00:00Z"))
	create("dynamicresourcelifecycles", "DRLCObject", "d", map[string]any{"spec": map[string]any{
		"state": "free", "max-count": int64(2), "min-count": int64(1), "lifespan": int64(3_600_000_000_000),
		"config": map[string]any{"type": "", "content": ""}, "needs": map[string]any{},
	}})
	life := schema.Duration(time.Hour)
	if err := s.Server.Configure(&leases.Config{Resources: []leases.Entry{
		{Type: "t", State: leases.Free, Names: []string{"held", "a-later", "b-earlier"}},
		{Type: "d", State: leases.Free, MinCount: 1, MaxCount: 2, LifeSpan: &life},
	}}); err != nil {
		t.Fatal(err)
	}
	s.Resume()
	s.Until("the type has what it wants", func() bool {
		var types []string
		for _, r := range s.Stored() {
			types = append(types, r.Type)
		}
		slices.Sort(types)
		return slices.Equal(types, []string{"d", "t", "t", "t"})
	})
	if got := ask(t, s, "me", "1"); got != "b-earlier" {
		t.Errorf("got %q, want the least recently used", got)
	}
	if err := s.Server.Give(t.Context(), "held", leases.Free, "thief"); !errors.As(err, new(*leases.OwnerError)) {
		t.Errorf("a thief: %v", err)
	}
	if r := s.Resource("held"); r.Owner != "ci-op-1" || r.UserData["k"] != "v" {
		t.Errorf("the lease is not as it was: %+v", r)
	}
	give(t, s, "held", "ci-op-1")
	object, err := at("resources").Get(t.Context(), "held", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"team": "a"}, object.GetLabels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}
