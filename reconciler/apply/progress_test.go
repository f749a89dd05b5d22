package apply_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/reconciler/apply"
)

// TestProgress looks how far an apply has come with each request that it makes.
func TestProgress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target(apply.WithWorkers(1), apply.WithPatience(time.Second))
	var seen []string
	look := func(fails string) {
		seen = nil
		s.wire.cutWith(func(r *http.Request) (before, after error) {
			if now := target.Progress(); now.Of > 0 && !slices.Contains(seen, now.String()) {
				seen = append(seen, now.String())
			}
			if fails != "" && strings.HasSuffix(r.URL.Path, fails) && isWrite(r) {
				return apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, "b", nil), nil
			}
			return nil, nil
		})
	}
	check := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("progress (-want +got):\n%s", diff)
		}
		if now := target.Progress(); now != (apply.Progress{}) {
			t.Errorf("afterwards there is still %s", now)
		}
	}
	look("")
	s.apply(target, "r1", s.configMap("a", "1"), s.configMap("b", "1"), s.configMap("c", "1"))
	check("checking 0 of 3 objects", "checking 1 of 3 objects", "checking 2 of 3 objects",
		"applying 0 of 3 objects", "applying 1 of 3 objects", "applying 2 of 3 objects")
	look("/b")
	if _, err := target.Apply(t.Context(), "r2", s.configMapsOf(map[string]string{"a": "2", "b": "2", "c": "2"})); err == nil {
		t.Fatal("a write that is refused went through")
	}
	check("checking 0 of 3 objects", "checking 1 of 3 objects", "checking 2 of 3 objects",
		"applying 0 of 3 objects", "applying 1 of 3 objects", "taking back 0 of 1 objects")
}
