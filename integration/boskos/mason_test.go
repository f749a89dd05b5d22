package boskos

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/boskos/common"
	"sigs.k8s.io/boskos/mason"
	"sigs.k8s.io/boskos/ranch"
	kubernetes "sigs.k8s.io/controller-runtime/pkg/client"
)

// builder is what Mason builds resources of type whole with.
type builder struct{ content string }

// Construct implements [mason.Masonable].
func (b builder) Construct(_ context.Context, _ common.Resource, parts common.TypeToResources) (*common.UserData, error) {
	return common.UserDataFromMap(common.UserDataMap{"zone": b.content, "first": parts["part"][0].Name}), nil
}

// TestMason lets Boskos's Mason fulfil the needs of a dynamic type: it finds
// them in the objects that our server stores, leases what is needed, and builds.
// What it built of goes back when it builds anew.
func TestMason(t *testing.T) {
	logrus.SetOutput(io.Discard)
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	check(t, err)
	objects, err := kubernetes.New(config, kubernetes.Options{Scheme: scheme.Scheme})
	check(t, err)
	m := mason.NewMason(1, newClient(t, "Mason"), 20*time.Millisecond, 100*time.Millisecond, ranch.NewStorage(t.Context(), objects, "ci"))
	check(t, m.RegisterConfigConverter("Builder", func(content string) (mason.Masonable, error) { return builder{content}, nil }))
	m.Start()
	defer m.Stop()

	c := newClient(t, "job")
	whole := must[*common.Resource](t)(c.AcquireWait(t.Context(), "whole", "free", "leased"))
	parts := must[common.LeasedResources](t)(mason.CheckUserData(*whole))
	if data := whole.UserData.ToMap(); len(parts) != 2 || data["zone"] != "zone: east" || data["first"] != parts[0] {
		t.Fatalf("it was built of %v: %v", parts, data)
	}
	if metric := must[common.Metric](t)(c.Metric("part")); metric.Current[whole.Name] != 2 || metric.Current["free"] != 2 {
		t.Errorf("the parts are %+v", metric)
	}
	check(t, c.ReleaseOne(whole.Name, "dirty"))
	again := must[*common.Resource](t)(c.AcquireWait(t.Context(), "whole", "free", "leased"))
	others := must[common.LeasedResources](t)(mason.CheckUserData(*again))
	if again.Name != whole.Name || len(others) != 2 || others[0] == parts[0] || others[0] == parts[1] {
		t.Errorf("%s was built anew of %v: before, %s of %v", again.Name, others, whole.Name, parts)
	}
	if metric := must[common.Metric](t)(c.Metric("part")); metric.Current[whole.Name] != 2 || metric.Current["dirty"] != 2 {
		t.Errorf("the parts are %+v", metric)
	}
	check(t, c.ReleaseAll("free"))
}
