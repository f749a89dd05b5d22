package rules_test

import (
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// TestCheckingAgainFindsWhatCheckingFinds changes a repository over and over, at
// random and mostly for the worse, and checks it from what was found before and
// from nothing: both find the same.
func TestCheckingAgainFindsWhatCheckingFinds(t *testing.T) {
	t.Parallel()
	rulesSeen := map[string]bool{}
	for seed := range seeds(t, 8) {
		random := rand.New(rand.NewPCG(seed, 3))
		h := newHistory(t)
		v := newVandal(h.files, random)
		var last *rules.Checked
		var repo *repolayout.Repo
		for step := range 40 {
			for range 1 + random.IntN(3) {
				v.change()
			}
			repo = h.load(repo)
			last = rules.Check(t.Context(), last, repo)
			cold := rules.Check(t.Context(), nil, h.load(nil))
			if diff := cmp.Diff(texts(cold.Problems), texts(last.Problems)); diff != "" {
				t.Fatalf("seed %d, step %d, -from nothing +again:\n%s", seed, step, diff)
			}
			for _, problem := range last.Problems {
				rulesSeen[problem.Rule] = true
			}
		}
	}
	if len(rulesSeen) < 15 || !rulesSeen[rules.RuleDuplicateJob] {
		t.Errorf("only %d rules found anything: %v", len(rulesSeen), slices.Sorted(maps.Keys(rulesSeen)))
	}
}

func (h *history) load(last *repolayout.Repo) *repolayout.Repo {
	h.t.Helper()
	repo, err := repolayout.Load(h.t.Context(), repolayout.FromFS(maps.Clone(h.files)), last)
	if err != nil {
		h.t.Fatal(err)
	}
	return repo
}

func texts(problems []schema.Problem) []string {
	all := make([]string, 0, len(problems))
	for _, problem := range problems {
		all = append(all, problem.String())
	}
	return all
}

// vandal changes files at random, such that much of what it makes can be read:
// it takes words from where such stand.
type vandal struct {
	files, original fstest.MapFS
	random          *rand.Rand
	paths           []string
	// words are what the first word of a line, its key, is followed by.
	words map[string][]string
}

func newVandal(files fstest.MapFS, random *rand.Rand) *vandal {
	const aws = "  secret: cluster-secrets-aws\n"
	replaceIn(files, serverConfig, "zz_generated_metadata:\n", leasedTest)
	replaceIn(files, profilesFile, aws, aws+"  owners:\n  - org: acme\n  - org: acme-infra\n")
	for file, job := range map[string]string{
		"acme/widget-server/by-hand.yaml":  handJob("presubmits", "acme/widget-server", "pull-ci-acme-widget-server-main-unit", "  branches: [^main$]\n"),
		"acme/widget-server/by-hand2.yaml": handJob("presubmits", "acme/widget-server", "by-hand", "  context: ci/prow/unit\n"),
		"infra-more.yaml":                  handJob("periodics", "", "periodic-ci-acme-widget-server-main-fuzz", "  cron: '@daily'\n"),
	} {
		files[jobsFolder+file] = &fstest.MapFile{Data: []byte(job)}
	}
	v := &vandal{files: files, original: maps.Clone(files), random: random, words: map[string][]string{}}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if ext := path.Ext(file); ext != ".yaml" && ext != ".json" || strings.HasPrefix(file, "clusters/") {
			continue
		}
		v.paths = append(v.paths, file)
		for line := range strings.Lines(string(files[file].Data)) {
			if words := wordsOf(line); len(words) == 2 {
				v.words[words[0]] = append(v.words[words[0]], words[1])
			}
		}
	}
	v.words["resource_type:"] = append(v.words["resource_type:"], "absent-quota-slice")
	return v
}

// leasedTest is what the sample lacks: a test that asks for leases itself.
const leasedTest = `- as: leased
  steps:
    leases:
    - env: SLICE
      resource_type: aws-quota-slice
    test:
    - as: smoke
      commands: make smoke
      from: src
      resources:
        requests:
          cpu: 100m
zz_generated_metadata:
`

func replaceIn(files fstest.MapFS, file, from, to string) {
	files[file] = &fstest.MapFile{Data: []byte(strings.Replace(string(files[file].Data), from, to, 1))}
}

// wordsOf are a line's words, but for the dash of an item.
func wordsOf(line string) []string {
	return strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "- "))
}

func (v *vandal) change() {
	file := v.paths[v.random.IntN(len(v.paths))]
	if v.files[file] == nil || v.random.IntN(4) == 0 {
		v.files[file] = v.original[file]
		return
	}
	content := string(v.files[file].Data)
	lines := strings.Split(content, "\n")
	at := v.random.IntN(len(lines))
	switch v.random.IntN(14) {
	case 0:
		delete(v.files, file)
		return
	case 1: // the configuration of a branch that begins like another's
		content = strings.Replace(content, "  branch: main\n", "  branch: main-feature\n", 1)
		v.files[strings.TrimSuffix(file, ".yaml")+"-feature.yaml"] = &fstest.MapFile{Data: []byte(content)}
		return
	case 2:
		lines = slices.Delete(lines, at, at+1)
	case 3:
		lines = slices.Insert(lines, at, lines[v.random.IntN(len(lines))])
	case 4: // a lease type gets another name
		file, types := quotas, slices.Concat(v.words["lease_type:"], v.words["resource_type:"])
		content = string(v.original[file].Data)
		content = strings.Replace(content, types[v.random.IntN(len(types))]+":", types[v.random.IntN(len(types))]+"-more:", 1)
		v.files[file] = &fstest.MapFile{Data: []byte(content)}
		return
	case 5: // a step that may be left out
		if strings.HasSuffix(file, "-ref.yaml") {
			lines = append(lines, "  optional_on_success: true", "")
		}
	default:
		at = v.worthChanging(lines, at)
		if words := wordsOf(lines[at]); len(words) == 2 {
			others := v.words[words[0]]
			lines[at] = strings.TrimSuffix(lines[at], words[1]) + others[v.random.IntN(len(others))]
		}
	}
	v.files[file] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
}

// dependedOn are the keys of what others depend on.
var dependedOn = []string{"resource_type:", "namespace:", `"path":`, "lease_type:", "cluster_profile:", "org:", "ref:", "chain:", "workflow:", "name:", "as:", "context:", "branches:"}

// worthChanging finds a line that other files depend on, or else gives the one
// that it is given.
func (v *vandal) worthChanging(lines []string, at int) int {
	var worth []int
	for i, line := range lines {
		if words := wordsOf(line); len(words) == 2 && slices.Contains(dependedOn, words[0]) {
			worth = append(worth, i)
		}
	}
	if len(worth) == 0 || v.random.IntN(2) == 0 {
		return at
	}
	return worth[v.random.IntN(len(worth))]
}
