package apply_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

// benchObjects is how many small objects the benchmarks apply.
const benchObjects = 5000

// many are small ConfigMaps.
func (s *site) many(value string) []generators.Object {
	objects := make([]generators.Object, 0, benchObjects)
	for i := range benchObjects {
		objects = append(objects, s.configMap(fmt.Sprintf("many-%04d", i), value))
	}
	return objects
}

// applyRaw applies objects as fast as the server takes them, with as many workers as a target has and nothing else.
func (s *site) applyRaw(objects []generators.Object) time.Duration {
	s.t.Helper()
	began := time.Now()
	group, ctx := errgroup.WithContext(s.t.Context())
	group.SetLimit(16)
	options := metav1.ApplyOptions{FieldManager: "raw", Force: true}
	for _, object := range objects {
		group.Go(func() error {
			_, err := s.client.Resource(configMaps).Namespace(s.namespace).Apply(ctx, object.GetName(), object.Unstructured, options)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		s.t.Fatal(err)
	}
	return time.Since(began)
}

// BenchmarkApply measures a first apply against the raw rate of the same server at the same time, a change of one
// object, and a revision that changes nothing.
func BenchmarkApply(b *testing.B) {
	for b.Loop() {
		raw := newSite(b)
		rawTook := raw.applyRaw(raw.many("1"))
		s := newSite(b)
		target := s.target(apply.WithPatience(time.Minute))
		objects := s.many("1")
		first := s.apply(target, "r1", objects...).Duration
		again := s.apply(target, "r1", objects...).Duration
		objects[benchObjects/2] = s.configMap(objects[benchObjects/2].GetName(), "2")
		one := s.apply(target, "r2", objects...).Duration
		restart := s.apply(s.target(), "r2", objects...).Duration

		b.ReportMetric(benchObjects/rawTook.Seconds(), "raw/s")
		b.ReportMetric(benchObjects/first.Seconds(), "first/s")
		b.ReportMetric(100*rawTook.Seconds()/first.Seconds(), "%ofraw")
		b.ReportMetric(again.Seconds()*1000, "noop-ms")
		b.ReportMetric(one.Seconds()*1000, "one-ms")
		b.ReportMetric(restart.Seconds()*1000, "restart-ms")
	}
}

// BenchmarkDrift measures how long after an edit each of 200 objects that are edited at once is put right.
func BenchmarkDrift(b *testing.B) {
	const edits = 200
	s := newSite(b)
	target := s.target(apply.WithPatience(time.Minute))
	objects := s.many("1")[:edits]
	s.apply(target, "r1", objects...)
	reports, stop := s.watchUntil(target)
	defer stop()
	for b.Loop() {
		edited := make(map[string]time.Time, edits)
		var editing sync.Mutex
		group := new(errgroup.Group)
		group.SetLimit(16)
		for _, object := range objects {
			group.Go(func() error {
				s.edit(object.GetName(), fmt.Sprintf(`{"data":{"value":"theirs %d"}}`, b.Elapsed()))
				editing.Lock()
				defer editing.Unlock()
				edited[object.GetName()] = time.Now()
				return nil
			})
		}
		healed := make(map[string]time.Time, edits)
		for len(healed) < edits {
			if d := <-reports; d.Outcome == apply.Healed {
				healed[d.Object.Name] = time.Now()
			}
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
		var took []time.Duration
		for name, at := range healed {
			took = append(took, at.Sub(edited[name]))
		}
		slices.Sort(took)
		b.ReportMetric(took[edits/2].Seconds()*1000, "p50-ms")
		b.ReportMetric(took[edits*99/100].Seconds()*1000, "p99-ms")
	}
}
