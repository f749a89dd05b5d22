package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/memo"
)

// twins are two copies of the sample, which are edited alike. In one drover takes
// over what earlier runs found, in the other never.
type twins struct {
	*testing.T

	cache, warm, cold string
	random            *rand.Rand
	round             int
}

func newTwins(t *testing.T, seed uint64) *twins {
	t.Helper()
	dir := t.TempDir()
	w := &twins{
		T: t, cache: filepath.Join(dir, "cache"), warm: filepath.Join(dir, "warm"), cold: filepath.Join(dir, "cold"),
		random: rand.New(rand.NewPCG(seed, 0)),
	}
	t.Setenv("XDG_CACHE_HOME", w.cache)
	t.Setenv("GOGC", "100") // else the test's process is set up as drover's would be
	for _, copied := range []string{w.warm, w.cold} {
		if err := copySample(copied); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// generate runs drover in both, and holds the outcomes against each other.
func (w *twins) generate(flags ...string) {
	w.Helper()
	warm := w.outcome(w.warm, flags...)
	cold := w.outcome(w.cold, append(flags, "--no-cache")...)
	if diff := cmp.Diff(cold, warm); diff != "" {
		w.Fatalf("round %d, generate %q: what was taken over changes the outcome (-from nothing +taken over):\n%s", w.round, flags, diff)
	}
}

// outcome is what drover says, and what the repository is then.
func (w *twins) outcome(dir string, flags ...string) map[string]string {
	w.Helper()
	var stdout, stderr bytes.Buffer
	code := run(w.Context(), append([]string{"generate", "--repo", dir}, flags...), &stdout, &stderr)
	outcome := w.files(dir)
	said := fmt.Sprintf("exit %d\n%s%s", code, stdout.String(), stderr.String())
	outcome["said"] = strings.ReplaceAll(said, dir, "REPO")
	return outcome
}

func (w *twins) files(dir string) map[string]string {
	w.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(content)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return files
}

// pick gives one of the repository's files below a folder, or "".
func (w *twins) pick(below, suffix string) string {
	w.Helper()
	var found []string
	for path := range w.files(w.cold) {
		if strings.HasPrefix(path, below) && strings.HasSuffix(path, suffix) {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	if len(found) == 0 {
		return ""
	}
	return found[w.random.IntN(len(found))]
}

// change gives a file other content in both; nil removes it.
func (w *twins) change(path string, edit func(string) []byte) {
	w.Helper()
	for _, dir := range []string{w.warm, w.cold} {
		place := filepath.Join(dir, path)
		before, err := os.ReadFile(place)
		if path == "" || os.IsNotExist(err) {
			return // there is none left
		}
		if err != nil {
			w.Fatal(err)
		}
		content := edit(string(before))
		if content == nil {
			err = os.Remove(place)
		} else {
			err = os.WriteFile(place, content, 0o600)
		}
		if err != nil {
			w.Fatal(err)
		}
	}
}

// replace replaces a text in a file once.
func (w *twins) replace(path, before, after string) {
	w.Helper()
	w.change(path, func(content string) []byte { return []byte(strings.Replace(content, before, after, 1)) })
}

const (
	jobsFolder    = "ci-operator/jobs/"
	configsFolder = "ci-operator/config/"
	profilesFile  = "ci-operator/step-registry/cluster-profiles/cluster-profiles-config.yaml"
)

// edits are what people do to a repository.
func (w *twins) edits() []func() {
	mark := fmt.Sprintf("edit-%d", w.round)
	remove := func(string) []byte { return nil }
	return []func(){
		func() {}, // nothing
		func() {
			test := "\ntests:\n- as: " + mark + "\n  commands: make\n  container:\n    from: src\n"
			w.replace(w.pick(configsFolder, ".yaml"), "\ntests:\n", test)
		},
		func() { w.replace(w.pick(configsFolder, ".yaml"), "commands: make", "commands: make "+mark) },
		func() { w.replace(w.pick(configsFolder, ".yaml"), "build_root:", "build_rot:") }, // a problem
		func() { w.replace(w.pick(configsFolder, ".yaml"), "build_rot:", "build_root:") },
		func() { w.change(w.pick(configsFolder, "__nightly.yaml"), remove) },
		func() { w.change(w.pick(jobsFolder, ".yaml"), remove) },
		func() {
			w.replace(w.pick(jobsFolder, "submits.yaml"), "    agent: kubernetes\n", "    agent: jenkins\n")
		},
		func() {
			w.replace(w.pick(jobsFolder, "submits.yaml"), "    name: ", "    max_concurrency: 7\n    name: ")
		},
		func() { w.replace(w.pick(jobsFolder, ".yaml"), "cluster: build01", "cluster: build02") },
		func() {
			w.change(w.pick(jobsFolder, "submits.yaml"), func(content string) []byte { return []byte("# by hand\n" + content) })
		},
		func() {
			w.change(w.pick(jobsFolder, "submits.yaml"), func(content string) []byte { return []byte(content[:len(content)/2]) })
		},
		func() {
			w.change(w.pick(jobsFolder, ".yaml"), func(content string) []byte { return []byte(content) }) // only touched
		},
		func() {
			w.replace("core-services/sanitize-prow-jobs/_config.yaml", "default: build01", "default: build02")
		},
		func() {
			w.replace("core-services/sanitize-prow-jobs/_config.yaml", "default: build02", "default: build01")
		},
		func() {
			w.change("drover.yaml", func(content string) []byte { return []byte(content + "jobs: {namespace: " + mark + "}\n") })
		},
		func() {
			w.change("drover.yaml", func(content string) []byte { return []byte(strings.Split(content, "jobs:")[0]) })
		},
		func() {
			w.change("core-services/prow/02_config/_boskos.yaml", func(content string) []byte { return []byte(content + "# " + mark + "\n") })
		},
		func() { w.change(w.pick("ci-operator/step-registry/", ".metadata.json"), remove) },
		func() {
			w.replace(w.pick("ci-operator/step-registry/", "workflow.yaml"), "cluster_profile: aws", "cluster_profile: gcp")
		},
		func() { w.replace(profilesFile, "cluster_type: ", "cluster_type: x") },
		w.damage,
		func() { _ = os.RemoveAll(w.cache) },
	}
}

// damage spoils what is kept.
func (w *twins) damage() {
	kept, err := filepath.Glob(filepath.Join(w.cache, "drover", "memo", "*"))
	if err != nil || len(kept) == 0 {
		return
	}
	place := kept[w.random.IntN(len(kept))]
	content, err := os.ReadFile(place)
	if err != nil {
		w.Fatal(err)
	}
	switch w.random.IntN(4) {
	case 0:
		content = content[:w.random.IntN(len(content)+1)]
	case 1:
		content[w.random.IntN(len(content))] ^= 1 << w.random.IntN(8)
	case 2:
		content, err = os.ReadFile(kept[w.random.IntN(len(kept))]) // another's
	default:
		content = []byte("something else")
	}
	if err == nil {
		err = os.WriteFile(place, content, 0o600)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// TestGeneratingAgainIsGeneratingFromNothing edits at random and generates in all
// ways, and each time what is taken over from earlier runs must make no difference.
func TestGeneratingAgainIsGeneratingFromNothing(t *testing.T) {
	const rounds = 60
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := newTwins(t, seed)
	w.generate()
	flags := [][]string{{}, {}, {"--check"}, {"--check"}, {"--no-clusters"}, {"--no-clusters", "--check"}, {"--keep-going"}}
	for w.round = range rounds {
		for range 1 + w.random.IntN(2) {
			edits := w.edits()
			edits[w.random.IntN(len(edits))]()
		}
		w.generate(flags[w.random.IntN(len(flags))]...)
	}
}

// TestManyGenerateAtOnce has runs read and write what is kept at the same time, for one
// repository.
func TestManyGenerateAtOnce(t *testing.T) {
	w := newTwins(t, 0)
	w.generate()
	w.change(w.pick(jobsFolder, "submits.yaml"), func(string) []byte { return nil })
	cold := w.outcome(w.cold, "--check", "--no-cache")["said"]
	for range 3 {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if diff := cmp.Diff(cold, w.outcome(w.warm, "--check")["said"]); diff != "" {
					t.Errorf("(-from nothing +at once):\n%s", diff)
				}
			})
		}
		all.Wait()
	}
}

// TestOnlyWhatChangedIsGeneratedAgain: the property above would hold if nothing
// were ever taken over.
func TestOnlyWhatChangedIsGeneratedAgain(t *testing.T) {
	w := newTwins(t, 0)
	if got := w.toMake(); len(got) != 3 {
		t.Errorf("at first, to make: %q, want all three components", got)
	}
	w.generate()
	w.generate() // what was written is up to date
	if !w.nothingToDo() {
		t.Error("nothing changed, but not all is taken over")
	}
	w.replace(configsFolder+"acme/widget-server/acme-widget-server-main.yaml", "commands: make", "commands: make again")
	if w.nothingToDo() {
		t.Error("a configuration changed, but all is taken over")
	}
	if got := w.toMake(); !slices.Equal(got, []string{"acme/widget-server"}) {
		t.Errorf("one configuration changed, to make: %q", got)
	}
	w.generate()
	w.generate()
	w.replace("ci-operator/step-registry/gather/logs/gather-logs-commands.sh", "\n", "\n\n")
	if got := w.toMake(); w.nothingToDo() || len(got) != 0 {
		t.Errorf("a script changed, to make: %q, want a new verdict and no jobs", got)
	}
	w.generate()
	w.change(jobsFolder+"acme/widget-operator/acme-widget-operator-main-presubmits.yaml", func(string) []byte { return nil })
	if got := w.toMake(); !slices.Equal(got, []string{"acme/widget-operator"}) {
		t.Errorf("one job file removed, to make: %q", got)
	}
}

// nothingToDo says whether the whole outcome is known.
func (w *twins) nothingToDo() bool {
	w.Helper()
	command := generateCommand{repositoryFlags: repositoryFlags{Repo: w.warm}}
	files, err := command.open(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = files.close() }()
	_, ok := newVerdicts(memo.UserStore(), command.kind(), w.warm, files).last(w.Context(), files)
	return ok
}

// toMake are the components that would be made.
func (w *twins) toMake() []string {
	w.Helper()
	command := generateCommand{repositoryFlags: repositoryFlags{Repo: w.warm}}
	repo, files, err := command.load(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = files.close() }()
	known := openUpToDate(memo.UserStore(), command.kind(), w.warm, repo)
	names := []string{}
	for _, component := range known.without(render.Components(repo), func(render.Component, []string) {}) {
		names = append(names, component.Name)
	}
	return names
}

// TestJobsFollowTheStepRegistry: jobs that were up to date are not when what they use
// of the step registry says something else.
func TestJobsFollowTheStepRegistry(t *testing.T) {
	const workflow = "ci-operator/step-registry/widget/e2e/widget-e2e-workflow.yaml"
	w := newTwins(t, 1)
	w.replace(configsFolder+"acme/widget-server/acme-widget-server-main.yaml", "    cluster_profile: aws\n    workflow:", "    workflow:")
	w.replace(workflow, "    pre:\n", "    cluster_profile: aws\n    pre:\n")
	for _, edit := range [][3]string{
		{},
		{},
		{profilesFile, "cluster_type: aws", "cluster_type: other"},
		{workflow, "cluster_profile: aws", "cluster_profile: gcp"},
		{profilesFile, "cluster_profiles:\n", "cluster_profiles:\n- {name: new, cluster_type: aws, secret: s}\n"},
	} {
		w.replace(edit[0], edit[1], edit[2])
		w.generate()
		w.generate("--check")
	}
}
