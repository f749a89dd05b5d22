package apply_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/reconciler/apply"
)

// newOwnSite is a site in an API server of its own.
func newOwnSite(t *testing.T) (*site, *testcluster.Own) {
	t.Helper()
	server := testcluster.Start(t)
	s := &site{t: t, namespace: "mine", config: server.Config(), wire: new(wire)}
	client, err := kubernetes.NewForConfig(s.config)
	if err == nil {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
		_, err = client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	}
	if err == nil {
		s.client, err = dynamic.NewForConfig(s.config)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.config.Wrap(s.wire.wrap)
	return s, server
}

// TestAnAPIServerThatRestartsInTheMiddleIsWaitedFor: a revision goes on where it was, and the watch does, too.
func TestAnAPIServerThatRestartsInTheMiddleIsWaitedFor(t *testing.T) {
	t.Parallel()
	s, server := newOwnSite(t)
	target := s.target(apply.WithPatience(2 * time.Minute))
	before, after := map[string]string{}, map[string]string{}
	for i := range 60 {
		before[fmt.Sprintf("object-%02d", i)] = "1"
		after[fmt.Sprintf("object-%02d", i+20)] = "2" // 20 go, 20 come, 40 change
	}
	s.apply(target, "r1", s.configMapsOf(before)...)
	reports := s.watch(target)
	var writes atomic.Int32
	restarted := make(chan error, 1)
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		if isWrite(r) && writes.Add(1) == 40 {
			go func() { restarted <- server.Restart() }()
		}
		return nil, nil
	})
	target.Guard(100, 1)
	s.apply(target, "r2", s.configMapsOf(after)...)
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, s.data()); diff != "" {
		t.Errorf("cluster (-want +got):\n%s", diff)
	}
	if got := s.revision(); got != "r2" {
		t.Errorf("the inventory is at %q", got)
	}
	s.edit("object-30", `{"data":{"value":"theirs"}}`)
	for drift := range reports {
		if drift.Object.Name == "object-30" && drift.Outcome == apply.Healed {
			break
		}
	}
}
