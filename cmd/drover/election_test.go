package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// TestOneKeepsAClusterAtATime has two processes want one cluster: the second waits
// for the first and follows it at once, one that was killed is not waited for by the
// next of its data folder, and one whose lease somebody else has ends.
func TestOneKeepsAClusterAtATime(t *testing.T) {
	t.Parallel()
	config, namespace := apiServer.Config(t), apiServer.Namespace(t)
	waits := make(chan string, 10)
	take := func(identity string) (*tenure, error) {
		e := election{config, namespace, identity, 10 * time.Second, 100 * time.Millisecond}
		return e.take(t.Context(), func(holder string) { waits <- holder })
	}
	first, err := take("first")
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan *tenure, 1)
	go func() {
		tenure, err := take("second")
		if err != nil {
			t.Error(err)
		}
		second <- tenure
	}()
	if holder := <-waits; holder != "first" {
		t.Errorf("waits for %s", holder)
	}
	select {
	case <-second:
		t.Fatal("two keep the cluster")
	default:
	}
	first.end()
	kept := <-second

	// The same data folder, whose process was killed: the lease is not over.
	again, err := take("second")
	if err != nil {
		t.Fatal(err)
	}
	again.stop() // and nothing is given back twice

	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	patch := fmt.Sprintf(`{"spec":{"holderIdentity":"third","renewTime":%q}}`, time.Now().UTC().Format(metav1.RFC3339Micro))
	if _, err := client.CoordinationV1().Leases(namespace).Patch(t.Context(), leaseName, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := kept.await(t.Context()); err == nil || !strings.Contains(err.Error(), "another drover keeps this cluster now: third") {
		t.Errorf("deposed: %v", err)
	}
	kept.end()
}

// TestADataFolderHasAName: the same for each of its processes, and not another's.
func TestADataFolderHasAName(t *testing.T) {
	t.Parallel()
	dirs := []*dataDir{{dir: t.TempDir()}, {dir: t.TempDir()}}
	var names []string
	for _, dir := range []*dataDir{dirs[0], dirs[0], dirs[1]} {
		name, err := dir.identity()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if names[0] != names[1] || names[0] == names[2] || !strings.Contains(names[0], dirs[0].dir) {
		t.Errorf("the names are %q", names)
	}
}
