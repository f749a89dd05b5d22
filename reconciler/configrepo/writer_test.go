package configrepo_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/reconciler/configrepo"
	"github.com/drover-ci/drover/schema"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// site is a ConfigRepo in a namespace of its own.
type site struct {
	t         *testing.T
	namespace string
	config    *rest.Config
	writes    *atomic.Int64
	writer    *configrepo.Writer
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, namespace: cluster.Namespace(t), config: cluster.Config(t), writes: new(atomic.Int64)}
	if err := configrepo.Install(t.Context(), s.config); err != nil {
		t.Fatal(err)
	}
	s.config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counter{s.writes, next} })
	s.writer = s.newWriter()
	spec := configrepo.Spec{URL: "https://git.example.com/release", Branch: "main", Interval: schema.Duration(time.Minute)}
	if err := s.writer.Ensure(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) newWriter() *configrepo.Writer {
	s.t.Helper()
	writer, err := configrepo.NewWriter(s.config, s.namespace, "release")
	if err != nil {
		s.t.Fatal(err)
	}
	return writer
}

func (s *site) report(writer *configrepo.Writer, status configrepo.Status) {
	s.t.Helper()
	if err := writer.Report(s.t.Context(), status); err != nil {
		s.t.Fatal(err)
	}
}

// counter counts the requests that change something.
type counter struct {
	writes *atomic.Int64
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c counter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		c.writes.Add(1)
	}
	return c.next.RoundTrip(r)
}

// refusal is the status of a revision that was refused while another is in force.
func refusal() configrepo.Status {
	s := configrepo.Status{ObservedRevision: "c2", AppliedRevision: "c1", LastAttempted: "c2"}
	s.Set(configrepo.Fetched, metav1.ConditionTrue, "Fetched", "fetched c2")
	s.Set(configrepo.Valid, metav1.ConditionFalse, "Invalid", "c2 has 1 problem")
	s.Set(configrepo.AppliedCondition, metav1.ConditionTrue, "Applied", "c1 is applied")
	s.Set(configrepo.Healthy, metav1.ConditionTrue, "Healthy", "all objects are well")
	s.SetProblems([]schema.Problem{{File: "a.yaml", Line: 3, Column: 5, Path: "tests[0].as", Rule: "unique", Message: "twice"}})
	s.Record(configrepo.Applied{
		Revision: "c1", At: metav1.Unix(1e9, 0), Took: schema.Duration(time.Second), Created: 1, Adopted: 2, Updated: 3, Healed: 4,
		Deleted: 5, Kept: 6, Paused: 7, Unchanged: 8, Objects: []string{"created ConfigMap ci/a"},
	})
	return s
}

// TestTheServerRefusesAnInterval holds the definition to what is of use, and can be read.
func TestTheServerRefusesAnInterval(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client, err := dynamic.NewForConfig(s.config)
	if err != nil {
		t.Fatal(err)
	}
	repos := client.Resource(configrepo.GroupVersion().WithResource("configrepos")).Namespace(s.namespace)
	for interval, want := range map[string]string{
		"1h30m": "", "1s": "", "1.5m": "", "-3s": "spec.interval in body should match", "0s": "must be at least 1s", "999ms": "must be at least 1s",
		"1 day": "spec.interval in body should match", "soon": "spec.interval in body should match",
	} {
		patch := fmt.Sprintf(`{"spec":{"interval":%q}}`, interval)
		_, err := repos.Patch(t.Context(), "release", types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		if got := fmt.Sprint(err); (err == nil) != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q", interval, got, want)
		}
	}
}

func TestReportIsReadBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.report(s.writer, refusal())
	got, err := s.newWriter().Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := refusal()
	want.ObservedGeneration = 1
	want.Set(configrepo.Ready, metav1.ConditionFalse, "Invalid", "c2 has 1 problem")
	ignored := cmpopts.IgnoreFields(metav1.Condition{}, "LastTransitionTime", "ObservedGeneration")
	if diff := cmp.Diff(want, got.Status, ignored); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if got.Spec.Interval != schema.Duration(time.Minute) || got.Spec.Branch != "main" {
		t.Errorf("spec: %+v", got.Spec)
	}
}

func TestReportWritesOnlyChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.report(s.writer, refusal())
	s.writes.Store(0)
	s.report(s.writer, refusal())
	s.report(s.newWriter(), refusal()) // a restart
	if n := s.writes.Load(); n != 0 {
		t.Errorf("the same status again: %d writes, want none", n)
	}
	changed := refusal()
	changed.ObservedRevision = "c3"
	s.report(s.writer, changed)
	if n := s.writes.Load(); n != 1 {
		t.Errorf("another revision with the same conditions: %d writes, want 1", n)
	}
}

func TestTransitionsBecomeEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.report(s.writer, refusal())
	mended := refusal()
	mended.Set(configrepo.Valid, metav1.ConditionTrue, "Valid", "c3 is valid")
	s.report(s.writer, mended)
	client, err := kubernetes.NewForConfig(s.config)
	if err != nil {
		t.Fatal(err)
	}
	events, err := client.CoreV1().Events(s.namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.name=release"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range events.Items {
		got[e.Message] = e.Type + " " + e.Reason
	}
	want := map[string]string{
		"fetched c2": "Normal Fetched", "c2 has 1 problem": "Warning Invalid", "c1 is applied": "Normal Applied",
		"all objects are well": "Normal Healthy", "c3 is valid": "Normal Valid", "revision c1 is in force": "Normal RevisionApplied",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestPrinterColumns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.report(s.writer, refusal())
	client, err := kubernetes.NewForConfig(s.config)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := client.RESTClient().Get().AbsPath("/apis/drover.dev/v1alpha1/namespaces", s.namespace, "configrepos").
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var table metav1.Table
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for i, column := range table.ColumnDefinitions {
		if column.Name != "Age" {
			got[column.Name] = table.Rows[0].Cells[i]
		}
	}
	want := map[string]any{
		"Name": "release", "Revision": "c2", "Applied": "c1", "Ready": "False", "Problems": 1.0, "Message": "c2 has 1 problem",
		"URL": "https://git.example.com/release", "Branch": "main", "Suspended": nil, "Held": nil, "Rollback": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

func TestEnsureKeepsWhatPeopleSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if err := s.writer.Ensure(t.Context(), configrepo.Spec{URL: "/elsewhere"}); err != nil {
		t.Fatal(err)
	}
	got, err := s.writer.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Spec.URL != "https://git.example.com/release" {
		t.Errorf("url: %s", got.Spec.URL)
	}
}
