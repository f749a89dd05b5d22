package integration_test

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// order changes the ConfigRepo as people do.
func (s *site) order(body string) {
	s.t.Helper()
	client, err := dynamic.NewForConfig(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	at := client.Resource(schema.GroupVersionResource{Group: "drover.dev", Version: "v1alpha1", Resource: "configrepos"}).Namespace(s.namespace)
	if _, err := at.Patch(s.t.Context(), "release", types.MergePatchType, []byte(body), metav1.PatchOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) suspended(want bool) {
	s.t.Helper()
	wait(s.t, "suspend is heeded", func() string {
		object, err := s.status.Read(s.t.Context())
		switch {
		case err != nil:
			return err.Error()
		case object.Status.Suspended != want:
			return "as before"
		}
		return ""
	})
}

// heedsOrders gives orders to a leader that runs: none of them has it begin
// anew.
func (s *site) heedsOrders(leader *replica) {
	s.t.Helper()
	opened := strings.Count(leader.logged(), "repository opened")
	earlier := s.appliedRevision()
	s.order(`{"spec":{"suspend":true}}`)
	s.suspended(true)
	later := s.change("unit5", "unit6")
	s.order(`{"metadata":{"annotations":{"drover.dev/sync":"once"}}}`) // an hour before the next look
	s.inForce(later, leader)
	s.suspended(true)
	leader.serves(later)
	s.changedByHandWhileSuspended(leader)

	later = s.appliedRevision()
	s.order(`{"spec":{"rollback":{"revision":"` + earlier + `","from":"` + later + `"}}}`)
	s.inForce(earlier, leader)
	leader.serves(earlier)
	s.order(`{"spec":{"rollback":null}}`)
	s.inForce(later, leader)
	if again := strings.Count(leader.logged(), "repository opened"); opened == 0 || again != opened {
		s.t.Errorf("the repository was opened %d times, and %d times after the orders\n%s", opened, again, leader.logged())
	}
}

// changedByHandWhileSuspended sees that drift is left alone while suspended, and
// put right after.
func (s *site) changedByHandWhileSuspended(leader *replica) {
	s.t.Helper()
	maps := s.client.CoreV1().ConfigMaps("ci")
	byHand := `{"data":{"plugins.yaml":"by hand"}}`
	if _, err := maps.Patch(s.t.Context(), "plugins", types.MergePatchType, []byte(byHand), metav1.PatchOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.change("unit6", "unit7") // what would be applied by the time this was seen
	leader.push()
	s.order(`{"metadata":{"labels":{"seen":"yes"}}}`)
	for range 10 { // what is put right is so within a tenth of this
		select {
		case <-s.t.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
		found, err := maps.Get(s.t.Context(), "plugins", metav1.GetOptions{})
		if err != nil || found.Data["plugins.yaml"] != "by hand" {
			s.t.Fatalf("put right while suspended: %v", err)
		}
	}
	s.order(`{"spec":{"suspend":false}}`)
	s.suspended(false)
	wait(s.t, "put right", func() string {
		found, err := maps.Get(s.t.Context(), "plugins", metav1.GetOptions{})
		switch {
		case err != nil:
			return err.Error()
		case found.Data["plugins.yaml"] == "by hand":
			return "by hand"
		}
		return ""
	})
	s.inForce(s.repository.Git("rev-parse", "HEAD"), leader)
}
