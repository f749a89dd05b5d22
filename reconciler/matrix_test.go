package reconciler_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// kept is a repository that is kept in a real cluster.
type kept struct {
	*running

	client    kubernetes.Interface
	namespace string
}

// keep runs a reconciler on a repository of two folders with fifteen objects each.
func keep(t *testing.T) *kept {
	t.Helper()
	config := cluster.Config(t)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	k := &kept{client: client, namespace: cluster.Namespace(t)}
	files := fstest.MapFS{"drover.yaml": {Data: []byte("publish: []\nmanifests:\n- folder: clusters/one\n- folder: clusters/two\n")}}
	resources := []byte("resources:\n")
	for i := range 15 {
		files[fmt.Sprintf("clusters/one/%02d.yaml", i)] = &fstest.MapFile{Data: k.object(fmt.Sprintf("one-%02d", i))}
		files[fmt.Sprintf("clusters/two/%02d.yaml", i)] = &fstest.MapFile{Data: k.object(fmt.Sprintf("two-%02d", i))}
		resources = fmt.Appendf(resources, "- %02d.yaml\n", i)
	}
	files["clusters/two/kustomization.yaml"] = &fstest.MapFile{Data: resources}
	target, err := apply.New(config, apply.WithOwner(k.namespace), apply.WithPatience(5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, repository: testgit.FromFS(t, files), statuses: make(chan reconciler.Status, 1000)}
	source, err := gitsource.Open(t.Context(), gitsource.Options{Repository: r.repository.Dir})
	if err != nil {
		t.Fatal(err)
	}
	r.begin(reconciler.New(source, target, r, reconciler.Options{Logger: slog.New(slog.DiscardHandler)}))
	k.running = r
	return k
}

func (k *kept) object(name string) []byte {
	return fmt.Appendf(nil, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: %s}\ndata: {value: one}\n", name, k.namespace)
}

// objects are those in the cluster, by name, each with its UID.
func (k *kept) objects() map[string]string {
	k.t.Helper()
	list, err := k.client.CoreV1().ConfigMaps(k.namespace).List(k.t.Context(), metav1.ListOptions{LabelSelector: apply.OwnerLabel})
	if err != nil {
		k.t.Fatal(err)
	}
	all := map[string]string{}
	for i := range list.Items {
		all[list.Items[i].Name] = string(list.Items[i].UID)
	}
	return all
}

// TestNothingIsDeletedByMistake does to a repository what has made others delete everything. Nothing is deleted, the
// status says why, and once it is mended things go on.
func TestNothingIsDeletedByMistake(t *testing.T) {
	k := keep(t)
	git := k.repository
	k.until(git.Git("rev-parse", "HEAD"), reconciler.Done)
	before := k.objects()
	if len(before) != 30 {
		t.Fatalf("%d objects, want 30", len(before))
	}
	for _, c := range []struct {
		name, reason string
		spoil        func()
	}{
		{"empty render", "holds no release repository", func() { git.Write("drover.yaml", "publish: []\nmanifests: []\n") }},
		{"vanished folder", "clusters/one", func() { git.Git("rm", "-rq", "clusters/one") }},
		{"vanished folder that nobody names", "deletes 15 of the 30 objects", func() {
			git.Git("rm", "-rq", "clusters/one")
			git.Write("drover.yaml", "publish: []\nmanifests:\n- folder: clusters/two\n")
		}},
		{"settings that are a link to nothing", "drover.yaml: the link cannot be followed", func() {
			git.Git("rm", "-q", "drover.yaml")
			if err := os.Symlink("settings.yaml", filepath.Join(git.Dir, "drover.yaml")); err != nil {
				t.Fatal(err)
			}
		}},
		{"failed generator", "clusters/two", func() { git.Write("clusters/two/kustomization.yaml", "resources: [00.yaml, none.yaml]\n") }},
		{"failed parse", "clusters/one", func() { git.Write("clusters/one/00.yaml", "kind: {\n") }},
		{"wrong branch without anything", "holds no release repository", func() {
			git.Git("rm", "-rq", ".")
			git.Write("README.md", "the pages of another project\n")
		}},
		{"wrong branch of another release repository", "deletes 30 of the 30 objects", func() {
			git.Git("rm", "-rq", ".")
			if err := os.CopyFS(git.Dir, fixtures.Release()); err != nil {
				t.Fatal(err)
			}
		}},
		{"shrunk repository", "deletes 12 of the 30 objects", func() { git.Git("rm", "-q", "clusters/one/0[0-9].yaml", "clusters/one/1[01].yaml") }},
		{"no files at all", "holds no release repository", func() { git.Git("rm", "-rq", ".") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			good := git.Git("rev-parse", "HEAD")
			c.spoil()
			spoilt := git.CommitAll(c.name)
			status := k.untilStatus(func(s reconciler.Status) bool { return s.Observed.Hash == spoilt || s.Attempted.Hash == spoilt })
			if reason := reasons(status); !strings.Contains(reason, c.reason) {
				t.Errorf("the status says %q, not %q", reason, c.reason)
			}
			if diff := cmp.Diff(before, k.objects()); diff != "" {
				t.Errorf("objects (-before +now):\n%s", diff)
			}
			git.Git("reset", "-q", "--hard", good)
			k.until(git.CommitAll("mended"), reconciler.Done)
			if diff := cmp.Diff(before, k.objects()); diff != "" {
				t.Errorf("objects after mending (-before +now):\n%s", diff)
			}
		})
	}
}

// reasons are all that a status says of what is wrong.
func reasons(status reconciler.Status) string {
	var all []string
	if status.Err != nil {
		all = append(all, status.Err.Error())
	}
	for _, held := range status.Held {
		all = append(all, held.Unit.String())
		for _, problem := range held.Problems {
			all = append(all, problem.String())
		}
	}
	return strings.Join(all, "\n")
}
