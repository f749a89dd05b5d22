package apply_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

var deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}

// deployment is a Deployment of the site's. No controller runs, so that its status is what a test says.
func (s *site) deployment(name, image string) generators.Object {
	labels := map[string]any{"app": name}
	return object("clusters/"+name+".yaml", map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"namespace": s.namespace, "name": name},
		"spec": map[string]any{
			"replicas": int64(1), "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "main", "image": image}}},
			},
		},
	})
}

// says writes a Deployment's status, as its controller would.
func (s *site) says(name, status string) {
	s.t.Helper()
	_, err := s.client.Resource(deployments).Namespace(s.namespace).
		Patch(s.t.Context(), name, types.MergePatchType, []byte(`{"status":`+status+`}`), metav1.PatchOptions{}, "status")
	if err != nil {
		s.t.Fatal(err)
	}
}

// health has a target's health told until the test ends.
func (s *site) health(target *apply.Target) <-chan apply.Health {
	ctx, cancel := context.WithCancel(s.t.Context())
	told, ended := make(chan apply.Health, 1000), make(chan struct{})
	go func() { defer close(ended); target.Health(ctx, func(h apply.Health) { told <- h }) }()
	s.t.Cleanup(func() { cancel(); <-ended })
	return told
}

// expectHealth waits for a health that reads so.
func expectHealth(t *testing.T, told <-chan apply.Health, want string) apply.Health {
	t.Helper()
	last := apply.Health{}
	for deadline := time.After(time.Minute); ; {
		select {
		case last = <-told:
			if strings.Contains(last.String(), want) {
				return last
			}
		case <-deadline:
			t.Fatalf("health is %q, want %q", last, want)
		}
	}
}

const (
	rolledOut = `{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1,
		"conditions":[{"type":"Available","status":"True"},{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}]}`
	stalled = `{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":0,"availableReplicas":0,"unavailableReplicas":1,
		"conditions":[{"type":"Available","status":"False"},{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]}`
)

func TestHealthIsWhatObjectsSay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	told := s.health(target)
	if first := <-told; first.Watched || first.Well() {
		t.Errorf("before anybody watches: %s", first)
	}
	s.apply(target, "r1", s.configMap("a", "1"), s.deployment("deck", "deck:1"))
	s.watch(target)
	pending := expectHealth(t, told, "1 object is not up yet: Deployment.apps "+s.namespace+"/deck (clusters/deck.yaml): ")
	if len(pending.Sick) > 0 || pending.Objects != 2 {
		t.Errorf("got %+v", pending)
	}
	s.says("deck", rolledOut)
	expectHealth(t, told, "all 2 objects are there and well")
	s.says("deck", stalled)
	sick := expectHealth(t, told, "1 object does not work: Deployment.apps "+s.namespace+"/deck (clusters/deck.yaml): ")
	if len(sick.Sick) != 1 || len(sick.Pending) > 0 {
		t.Errorf("got %+v", sick)
	}
	s.apply(target, "r2", s.configMap("a", "1")) // without it
	expectHealth(t, told, "all 1 objects are there and well")
}

func TestWhatDoesNotComeUpIsSick(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	clock := clocktesting.NewFakeClock(time.Now())
	target := s.target(apply.WithClock(clock))
	s.apply(target, "r1", s.deployment("deck", "deck:1"))
	s.watch(target)
	told := s.health(target)
	expectHealth(t, told, "is not up yet")
	s.eventuallyDone(func() error {
		clock.Step(time.Minute)
		select {
		case health := <-told:
			if strings.Contains(health.String(), "1 object does not work: Deployment") {
				return nil
			}
		default:
		}
		return errors.New("it is still waited for")
	})
}

func TestWhatCannotBePutRightIsSick(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	s.apply(target, "r1", s.configMap("a", "1"), s.configMap("b", "1"))
	told := s.health(target)
	reports := s.watch(target)
	expectHealth(t, told, "all 2 objects are there and well")
	s.wire.cutWith(forbidding("a"))
	s.remove("a")
	expectHealth(t, told, "1 object does not work: ConfigMap "+s.namespace+"/a (clusters/a.yaml): put ")
	s.wire.cutWith(nil)
	expectHealth(t, told, "all 2 objects are there and well")
	for range 6 {
		s.edit("b", `{"data":{"value":"theirs"}}`)
		for drift := range reports {
			if drift.Object.Name == "b" {
				break
			}
		}
	}
	expectHealth(t, told, "/b (clusters/b.yaml): somebody changes it again and again")
}
