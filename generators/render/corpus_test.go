package render_test

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// How much the reference generator makes of the corpus.
const (
	corpusFiles = 15522
	corpusJobs  = 60140
)

// jobsFolder is where the corpus has its job files.
const jobsFolder = "ci-operator/jobs"

// whole is the corpus with the job files that the reference generator makes of
// it.
type whole struct {
	tree  *testtree.Tree
	valid *rules.Valid
}

// loadWhole reads the corpus, once for all tests.
func loadWhole(t *testing.T) *whole {
	t.Helper()
	dirs := [2]string{corpus.Dir(t, "release-repo"), corpus.Dir(t, "expected-jobs")}
	wholeOnce.Do(func() {
		var trees [2]repolayout.Tree
		for i, dir := range dirs {
			var err error
			if trees[i], _, err = repolayout.OpenFolder(dir); err != nil { // open until the tests end
				t.Fatal(err)
			}
		}
		w := &whole{tree: testtree.Over(trees[0])}
		w.tree.Mount(jobsFolder, trees[1])
		repo, err := repolayout.Load(context.Background(), w.tree.Revision(), nil) //nolint:usetesting // outlives this test
		if err != nil {
			t.Fatal(err)
		}
		valid, problems := rules.AdmitWhole(context.Background(), nil, repo) //nolint:usetesting // outlives this test
		if valid == nil {
			t.Fatal(problems)
		}
		w.valid = valid
		theWhole = w
	})
	if theWhole == nil {
		t.Fatal("the corpus could not be read")
	}
	return theWhole
}

var (
	wholeOnce sync.Once
	theWhole  *whole
)

// maker makes a repository's jobs without clusters.
func maker(t *testing.T, repo *repolayout.Repo) *render.Maker {
	t.Helper()
	m, problems, err := render.NewMaker(repo)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	m.Dispatcher = nil
	return m
}

// all makes components and hands each to do, one at a time.
func all(t *testing.T, m *render.Maker, components []render.Component, do func(render.Made)) []schema.Problem {
	t.Helper()
	var mu sync.Mutex
	problems, err := m.All(t.Context(), components, func(made render.Made) error {
		mu.Lock()
		defer mu.Unlock()
		do(made)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

// TestCorpusFromNothing holds all job files of a whole release repository
// against those that the reference generator makes, byte for byte.
func TestCorpusFromNothing(t *testing.T) {
	w := loadWhole(t)
	m := maker(t, w.valid.Repo)
	m.Read = nil
	equal, shown := 0, 0
	problems := all(t, m, render.Components(w.valid.Repo), func(made render.Made) {
		mustBeForeseen(t, made)
		for _, file := range made.Files {
			want, err := w.tree.ReadFile(path.Join(jobsFolder, file.Path))
			if err == nil && bytes.Equal(want, file.Content) {
				equal++
			} else if shown++; shown <= 5 {
				t.Errorf("%s: %v (-want +got):\n%s", file.Path, err, gocmp.Diff(string(want), string(file.Content)))
			}
		}
	})
	if equal != corpusFiles || shown > 0 || len(problems) > 0 {
		t.Errorf("%d files are as wanted, %d are not, want %d; %v", equal, shown, corpusFiles, problems)
	}
}

// job is a job of a file.
type job struct{ file, name string }

// clustersOf reads the jobs of a generated file with their clusters.
func clustersOf(file generators.File, clusters map[job]string) {
	indent := "    "
	if strings.HasSuffix(file.Path, "-periodics.yaml") {
		indent = "  "
	}
	cluster := ""
	for line := range strings.Lines(string(file.Content)) {
		field, is := strings.CutPrefix(strings.TrimSuffix(line, "\n"), indent)
		switch {
		case strings.HasPrefix(strings.TrimPrefix(line, indent[2:]), "- agent: "):
			cluster = ""
		case is && strings.HasPrefix(field, "cluster: "):
			cluster = field[len("cluster: "):]
		case is && strings.HasPrefix(field, "name: "):
			clusters[job{file.Path, field[len("name: "):]}] = cluster // comes after it
		}
	}
}

// TestCorpusClusters holds the clusters in all job files of a whole release
// repository against those that today's dispatcher gives them, and makes the
// files again over themselves, where nothing may change.
func TestCorpusClusters(t *testing.T) {
	w := loadWhole(t)
	table, err := os.ReadFile(corpus.Dir(t, "expected-clusters.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[job]string{}, map[job]string{}
	for line := range strings.Lines(string(table)) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		want[job{columns[0], columns[1]}] = columns[2]
	}
	m, problems, err := render.NewMaker(w.valid.Repo)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	m.Read = nil
	problems = all(t, m, render.Components(w.valid.Repo), func(made render.Made) {
		for _, file := range made.Files {
			clustersOf(file, got)
		}
		again(t, m, made)
	})
	if diff := gocmp.Diff(want, got); diff != "" || len(got) != corpusJobs || len(problems) > 0 {
		t.Errorf("%d jobs, want %d; %v (-want +got):\n%.5000s", len(got), corpusJobs, problems, diff)
	}
}

// TestCorpusByCapacity spreads all files of a whole release repository over its
// clusters without a list of files, and blocks a cluster, which moves only
// what ran there.
func TestCorpusByCapacity(t *testing.T) {
	w := loadWhole(t)
	config := *w.valid.Repo.Dispatch.Value
	config.BuildFarm, config.Default = nil, ""
	config.VSphere, config.KVM = "vsphere02", []string{"build02", "build04"}
	clusters := schema.ClustersFile{}
	for cloud, of := range *w.valid.Repo.Clusters.Value {
		clusters[cloud] = slices.Clone(of)
	}
	before, shares := w.spread(t, dispatch.Input{Config: &config, Clusters: clusters})
	total := 0
	for _, count := range shares {
		total += count
	}
	for _, cluster := range []string{"build01", "build02", "build03", "build04", "build05", "build08"} {
		if share := float64(shares[cluster]) * 6 / float64(total); share < 0.93 || share > 1.07 { // five deviations
			t.Errorf("%s has %.2f of its share of %d files", cluster, share, total)
		}
	}
	blocked := &clusters["gcp"][0]
	blocked.Blocked = true
	after, shares := w.spread(t, dispatch.Input{Config: &config, Clusters: clusters})
	if shares[blocked.Name] > 0 {
		t.Errorf("%d files are on %s, which is blocked", shares[blocked.Name], blocked.Name)
	}
	moved := 0
	for job, cluster := range after {
		switch {
		case cluster != before[job] && before[job] != blocked.Name:
			t.Errorf("%v moved from %s to %s", job, before[job], cluster)
		case cluster != before[job]:
			moved++
		}
	}
	if moved == 0 || len(before) != corpusJobs {
		t.Errorf("%d of %d jobs moved", moved, len(before))
	}
}

// spread gives the clusters of all jobs, and how many files have plain jobs on
// each.
func (w *whole) spread(t *testing.T, input dispatch.Input) (clusters map[job]string, shares map[string]int) {
	t.Helper()
	m := maker(t, w.valid.Repo)
	var problems []schema.Problem
	if m.Dispatcher, problems = dispatch.New(input); problems != nil {
		t.Fatal(problems)
	}
	clusters, shares = map[job]string{}, map[string]int{}
	for _, component := range render.Components(w.valid.Repo) {
		configs := make([]*schema.Config, 0, len(component.Docs))
		for _, doc := range component.Docs {
			configs = append(configs, doc.Value)
		}
		files, err := m.Fresh(configs)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			plain := ""
			for _, made := range file.Groups[0].Jobs {
				clusters[job{file.Path, made.Name}] = made.Cluster
				if made.Labels.Get("ci-operator.openshift.io/cloud") == "" && made.Labels.Get("ci-operator.openshift.io/cluster") == "" &&
					made.Labels.Get("devices.kubevirt.io/kvm") == "" && !strings.Contains(made.Name, "vsphere") {
					plain = made.Cluster
				}
			}
			if plain != "" {
				shares[plain]++
			}
		}
	}
	return clusters, shares
}

// again makes a component over the files that it was made into.
func again(t *testing.T, m *render.Maker, made render.Made) {
	t.Helper()
	contents := map[string][]byte{}
	component := render.Component{Name: made.Component.Name, Docs: made.Component.Docs}
	for _, file := range made.Files {
		contents[path.Join(m.Folder, file.Path)] = file.Content
		component.Jobs = append(component.Jobs, repolayout.Raw{Path: path.Join(m.Folder, file.Path)})
	}
	over := *m
	over.Read = func(file string, _ []byte) ([]byte, error) { return contents[file], nil }
	problems := all(t, &over, []render.Component{component}, func(second render.Made) {
		same := func(a, b generators.File) bool { return a.Path == b.Path && bytes.Equal(a.Content, b.Content) }
		if !slices.EqualFunc(made.Files, second.Files, same) {
			t.Errorf("%s: the second time something changes", component.Name)
		}
	})
	if len(problems) > 0 {
		t.Error(problems)
	}
}

// changesOf are the files that making components would change, as unified
// diffs.
func changesOf(t *testing.T, repo *repolayout.Repo, components []render.Component) (changes map[string]string, problems []schema.Problem) {
	t.Helper()
	changes = map[string]string{}
	m := maker(t, repo)
	problems = all(t, m, components, func(made render.Made) {
		now := map[string][]byte{}
		for _, file := range made.Existing {
			now[file.Path] = file.Content
		}
		for _, file := range made.Files {
			if !bytes.Equal(now[file.Path], file.Content) {
				changes[file.Path] = string(diff.Diff("before", now[file.Path], "after", file.Content))
			}
			delete(now, file.Path)
		}
		for gone, content := range now {
			changes[gone] = string(diff.Diff("before", content, "gone", nil))
		}
		again(t, m, made)
	})
	return changes, problems
}

// edit is what somebody does to a file of the corpus.
type edit struct {
	// file is edited; as is what the edited content is called, if another name.
	file, as string
	// old stands once in it, and what it becomes is new. Without it the file goes.
	old, new string
	// problem is how the one problem starts that there is then, if any.
	problem string
}

// corpusEdits are what people do to a repository, each in a component of its
// own.
func corpusEdits() map[string]edit {
	const (
		configs   = "ci-operator/config/"
		addedTest = "- as: added\n  commands: make\n  container:\n    from: src\n"
		byHand    = "  - name: zz-by-hand\n    agent: jenkins\n    always_run: false\n"
		broken    = jobsFolder + "/crc-org/vfkit/crc-org-vfkit-main-presubmits.yaml"
	)
	return map[string]edit{
		"test-added": {
			file: configs + "ComplianceAsCode/compliance-operator/ComplianceAsCode-compliance-operator-master.yaml",
			old:  "\ntests:\n", new: "\ntests:\n" + addedTest,
		},
		"test-renamed": {
			file: configs + "openshift-kni/telco-ran-tools/openshift-kni-telco-ran-tools-main.yaml",
			old:  "- as: regression\n", new: "- as: regressions\n",
		},
		"config-removed":  {file: configs + "ViaQ/log-file-metric-exporter/ViaQ-log-file-metric-exporter-main.yaml"},
		"variant-removed": {file: configs + "Intersmash/intersmash/Intersmash-intersmash-main__prod.yaml"},
		"variant-added": {
			file: configs + "openshift/procfs/openshift-procfs-master.yaml",
			as:   configs + "openshift/procfs/openshift-procfs-master__added.yaml",
			old:  "  repo: procfs\n", new: "  repo: procfs\n  variant: added\n",
		},
		"made-private": {
			file: configs + "kubevirt/node-maintenance-operator/kubevirt-node-maintenance-operator-release-0.9.yaml",
			old:  "\nreleases:\n", new: "\nprowgen:\n  private: true\nreleases:\n",
		},
		"promotion-disabled": {
			file: configs + "kubevirt-ui/kubevirt-apiserver-proxy/kubevirt-ui-kubevirt-apiserver-proxy-main.yaml",
			old:  "\n  to:\n  - name:", new: "\n  to:\n  - disabled: true\n    name:",
		},
		"cron-changed": {
			file: configs + "3scale-qe/3scale-deploy/3scale-qe-3scale-deploy-main__3scale-amp-ocp4.13-lp-interop.yaml",
			old:  "\n  cron: 0 6 25 12 *\n", new: "\n  cron: 1 2 3 * *\n",
		},
		"shards": {
			file: configs + "jianzhangbjz/learn-operator/jianzhangbjz-learn-operator-master.yaml",
			old:  "- as: learn-oo-test-aws\n", new: "- as: learn-oo-test-aws\n  shard_count: 2\n",
		},
		"hand-written": {
			file: jobsFolder + "/stolostron/search-api/stolostron-search-api-main-presubmits.yaml",
			old:  "\n  stolostron/search-api:\n", new: "\n  stolostron/search-api:\n" + byHand,
		},
		"unparsable": {
			file: broken, old: "presubmits:\n", new: "presubmits:\n  openshift: [\n",
			problem: broken + ":",
		},
	}
}

// do edits a tree, and gives what it does undo.
func (e edit) do(t *testing.T, tree *testtree.Tree) (undo func()) {
	t.Helper()
	content, err := tree.ReadFile(e.file)
	if err != nil {
		t.Fatal(err)
	}
	target := cmp.Or(e.as, e.file)
	switch {
	case e.old == "":
		tree.Remove(target)
	case bytes.Count(content, []byte(e.old)) != 1:
		t.Fatalf("%s does not have %q once", e.file, e.old)
	default:
		tree.Write(target, bytes.Replace(content, []byte(e.old), []byte(e.new), 1))
	}
	return func() { tree.Undo(target) }
}

// TestCorpusEdits edits a whole release repository in place of which the job
// files are up to date: first nothing would change, then after each edit, which
// is taken back again, exactly the lines that are shown, and after all of them
// together all these.
func TestCorpusEdits(t *testing.T) {
	w := loadWhole(t)
	if changes, problems := changesOf(t, w.valid.Repo, render.Components(w.valid.Repo)); len(changes)+len(problems) > 0 {
		t.Fatalf("without an edit there are changes: %v, %v", changes, problems)
	}
	tree := w.tree.Revision()
	want := map[string]string{}
	for name, edit := range corpusEdits() {
		t.Run(name, func(t *testing.T) {
			undo := edit.do(t, tree)
			defer undo()
			repo := w.reload(t, tree)
			changed := changedComponents(w.valid.Repo, repo)
			if len(changed) != 1 {
				t.Fatalf("%d components changed", len(changed))
			}
			changes, problems := changesOf(t, repo, changed)
			checkProblem(t, edit.problem, problems)
			maps.Copy(want, changes)
			if len(changes) > 0 {
				golden.Equal(t, text(changes), "testdata/edits/"+name+".diff")
			} else if edit.problem == "" {
				t.Error("nothing changes")
			}
		})
	}
	t.Run("together", func(t *testing.T) {
		for _, edit := range corpusEdits() {
			edit.do(t, tree)
		}
		repo := w.reload(t, tree)
		got, problems := changesOf(t, repo, render.Components(repo))
		checkProblem(t, corpusEdits()["unparsable"].problem, problems)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("(-each by itself +together):\n%s", diff)
		}
	})
}

// reload reads a tree again after edits, which leave it valid: of job files only
// making shows whether they can be read.
func (w *whole) reload(t *testing.T, tree *testtree.Tree) *repolayout.Repo {
	t.Helper()
	repo, err := repolayout.Load(t.Context(), tree.Revision(), w.valid.Repo)
	if err != nil {
		t.Fatal(err)
	}
	if valid, problems := rules.AdmitWhole(t.Context(), w.valid, repo); valid == nil {
		t.Fatal(problems)
	}
	return repo
}

// changedComponents are those whose files are not those of an earlier revision.
func changedComponents(last, next *repolayout.Repo) []render.Component {
	before := map[string]render.Component{}
	for _, component := range render.Components(last) {
		before[component.Name] = component
	}
	return slices.DeleteFunc(render.Components(next), func(c render.Component) bool {
		return slices.Equal(c.Docs, before[c.Name].Docs) && slices.Equal(c.Jobs, before[c.Name].Jobs)
	})
}

func checkProblem(t *testing.T, want string, problems []schema.Problem) {
	t.Helper()
	if want == "" && len(problems) == 0 {
		return
	}
	if len(problems) != 1 || want == "" || !strings.HasPrefix(problems[0].String(), want) {
		t.Errorf("got the problems %v, want one of %q", problems, want)
	}
}

// text shows changes in the order of files.
func text(changes map[string]string) []byte {
	var b bytes.Buffer
	for _, file := range slices.Sorted(maps.Keys(changes)) {
		b.WriteString(file + "\n" + changes[file])
	}
	return b.Bytes()
}
