package render_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// TestRandomEditsOfTheSample renders after each of many edits from the last
// rendering, and compares with rendering from nothing now and then.
func TestRandomEditsOfTheSample(t *testing.T) {
	tree := testtree.Over(repolayout.FromFS(sample(t)))
	valid := admit(t, tree.Revision(), nil)
	all(t, maker(t, valid.Repo), render.Components(valid.Repo), func(made render.Made) {
		for _, file := range made.Files {
			tree.Write(path.Join(valid.Repo.Layout.Jobs, file.Path), file.Content)
		}
	})
	newEditor(t, tree, admit(t, tree.Revision(), nil)).edits(120, 6)
}

// TestRandomEditsOfTheCorpus is the same on the full-scale repository, where
// rendering from nothing takes seconds: it does so after each hundred.
func TestRandomEditsOfTheCorpus(t *testing.T) {
	if os.Getenv("DROVER_SOAK") == "" {
		t.Skip("DROVER_SOAK is not set: this takes many minutes; TestRandomEditsOfTheSample is the quick form")
	}
	w := loadWhole(t)
	newEditor(t, w.tree.Revision(), w.valid).edits(1000, 100)
}

// editor edits a repository at random, and renders each revision from the last.
type editor struct {
	t      *testing.T
	random *rand.Rand
	tree   *testtree.Tree
	// configs and jobs are the paths of files to edit.
	configs, jobs []string
	valid         *rules.Valid
	rendering     *render.Rendering
}

func newEditor(t *testing.T, tree *testtree.Tree, valid *rules.Valid) *editor {
	t.Helper()
	e := &editor{t: t, random: rand.New(rand.NewPCG(4, 2)), tree: tree, valid: valid, rendering: rendered(t, valid, nil)}
	for doc := range valid.Repo.Configs.All() {
		e.configs = append(e.configs, doc.Path)
	}
	for _, file := range valid.Repo.Jobs {
		if path.Ext(file.Path) == ".yaml" {
			e.jobs = append(e.jobs, file.Path)
		}
	}
	return e
}

// edits edits, and compares every so often. What an edit makes invalid is taken
// back.
func (e *editor) edits(count, every int) {
	e.t.Helper()
	began, valid, changed := time.Now(), 0, 0
	for i := range count {
		file := e.edit(i)
		before := e.rendering
		if e.render() {
			valid++
		} else if e.tree.Undo(file); !e.render() { // which takes back earlier edits of the file too
			e.t.Fatalf("edit %d, of %s, cannot be taken back", i, file)
		}
		if !cmp.Equal(everything(before), everything(e.rendering)) {
			changed++
		}
		if i%every == every-1 {
			fresh := rendered(e.t, admit(e.t, e.tree.Revision(), nil), nil)
			if diff := cmp.Diff(everything(fresh), everything(e.rendering)); diff != "" {
				e.t.Fatalf("after edit %d, of %s (-from nothing +again):\n%.4000s", i, file, diff)
			}
			e.t.Logf("after %v: %d edits, of which %d were valid and %d changed something; equal to rendering from nothing",
				time.Since(began).Round(time.Second), i+1, valid, changed)
		}
	}
	if changed < count/3 {
		e.t.Errorf("only %d of %d edits changed something", changed, count)
	}
}

// render renders the next revision unless it has problems.
func (e *editor) render() bool {
	e.t.Helper()
	repo, err := repolayout.Load(e.t.Context(), e.tree.Revision(), e.valid.Repo)
	if err != nil {
		e.t.Fatal(err)
	}
	valid, _ := rules.AdmitWhole(e.t.Context(), e.valid, repo)
	if valid == nil {
		return false
	}
	made, _, err := render.Render(e.t.Context(), valid, e.rendering)
	if err != nil {
		e.t.Fatal(err)
	}
	if made != nil {
		e.valid, e.rendering = valid, made
	}
	return made != nil
}

// everything are a rendering's objects on all targets.
func everything(rendering *render.Rendering) map[string]map[string]any {
	all := keys(rendering)
	for target, objects := range rendering.Elsewhere {
		for _, object := range objects {
			all[target+" "+object.Key()] = object.Object
		}
	}
	return all
}

// edit edits a file and says which: mostly a configuration.
func (e *editor) edit(number int) string {
	e.t.Helper()
	layout := e.valid.Repo.Layout
	config := e.configs[e.random.IntN(len(e.configs))]
	switch kind := e.random.IntN(100); {
	case kind < 4:
		e.tree.Remove(config)
		return config
	case kind < 10:
		return e.addVariant(config, number)
	case kind < 20 && len(e.jobs) > 0:
		return e.editJobs(e.jobs[e.random.IntN(len(e.jobs))], number)
	case kind < 24:
		return e.change(layout.Quotas, func(content []byte) []byte { return e.editNumber(content, number) })
	case kind < 25:
		return e.change(layout.Dispatch, func(content []byte) []byte {
			return fmt.Appendf(content, "\n# %d\n", number)
		})
	case kind < 27:
		return e.change(layout.Clusters, func(content []byte) []byte { return e.block(content) })
	case kind < 30:
		return e.change(e.valid.Repo.Profiles.Path, func(content []byte) []byte { return e.clusterType(content, number) })
	case kind < 32:
		workflow := e.valid.Repo.Workflows[e.random.IntN(len(e.valid.Repo.Workflows))]
		return e.change(workflow.Path, func(content []byte) []byte { return e.profile(content) })
	case kind < 34:
		return e.change(config, func(content []byte) []byte { // its workflow's holds then
			return regexp.MustCompile(`(?m)^    cluster_profile: .*\n`).ReplaceAll(content, nil)
		})
	case kind < 35:
		return e.change(repolayout.SettingsFile, func([]byte) []byte {
			return fmt.Appendf(e.settings(), "\njobs: {image: registry.example.com/ci-operator:%d}\n", number)
		})
	default:
		return e.change(config, func(content []byte) []byte { return editTests(e.random, content, number) })
	}
}

// clusterType has a profile make another kind of cluster.
func (e *editor) clusterType(content []byte, number int) []byte {
	all := regexp.MustCompile(`(?m)cluster_type: .*$`).FindAllIndex(content, -1)
	at := all[e.random.IntN(len(all))]
	return slices.Concat(content[:at[0]], fmt.Appendf(nil, "cluster_type: kind-%d", number), content[at[1]:])
}

// profile gives a workflow a profile, another one, or none.
func (e *editor) profile(content []byte) []byte {
	content = regexp.MustCompile(`(?m)^    cluster_profile: .*\n`).ReplaceAll(content, nil)
	if e.random.IntN(3) == 0 {
		return content
	}
	profiles := e.valid.Repo.Profiles.Value.ClusterProfiles
	with := fmt.Sprintf("  steps:\n    cluster_profile: %s\n", profiles[e.random.IntN(len(profiles))].Name)
	return bytes.Replace(content, []byte("  steps:\n"), []byte(with), 1)
}

// block blocks a cluster, and opens the others.
func (e *editor) block(content []byte) []byte {
	content = regexp.MustCompile(`(?m)^ *blocked: true\n`).ReplaceAll(content, nil)
	names := regexp.MustCompile(`(?m)^( *)- name: .*\n`).FindAllSubmatchIndex(content, -1)
	if len(names) == 0 {
		return content
	}
	name := names[e.random.IntN(len(names))]
	return slices.Concat(content[:name[1]], content[name[2]:name[3]], []byte("  blocked: true\n"), content[name[1]:])
}

// settings are those that the repository had at first.
func (e *editor) settings() []byte {
	e.tree.Undo(repolayout.SettingsFile)
	content, _ := e.tree.ReadFile(repolayout.SettingsFile) // the corpus has none
	return slices.Clone(content)
}

// change changes a file, if it is there: an earlier edit may have removed it.
func (e *editor) change(file string, change func([]byte) []byte) string {
	content, err := e.tree.ReadFile(file)
	if err == nil || file == repolayout.SettingsFile {
		e.tree.Write(file, change(slices.Clone(content)))
	}
	return file
}

// addVariant copies a configuration to one of a variant.
func (e *editor) addVariant(config string, number int) string {
	added := fmt.Sprintf("%s__edit-%d.yaml", strings.TrimSuffix(config, ".yaml"), number)
	content, err := e.tree.ReadFile(config)
	if err == nil && !strings.Contains(config, "__") {
		e.tree.Write(added, fmt.Appendf(slices.Clone(content), "  variant: edit-%d\n", number))
		e.configs = append(e.configs, added)
	}
	return added
}

// editJobs does to a job file what people do: it puts a job of theirs in, takes
// a job out by its label, or limits one.
func (e *editor) editJobs(file string, number int) string {
	return e.change(file, func(content []byte) []byte {
		const generated = "ci.openshift.io/generator: prowgen\n"
		list := regexp.MustCompile(`(?m)^( *)- agent: .*\n`).FindSubmatchIndex(content)
		if list == nil {
			return fmt.Appendf(content, "# %d\n", number)
		}
		first, indent := list[0], content[list[2]:list[3]]
		switch e.random.IntN(3) {
		case 0:
			byHand := fmt.Appendf(nil, "%s- name: by-hand-%d\n%[1]s  agent: jenkins\n", indent, number)
			return slices.Concat(content[:first], byHand, content[first:])
		case 1:
			return bytes.Replace(content, []byte(generated), []byte("somebody: else\n"), 1)
		default:
			return slices.Concat(content[:list[1]], fmt.Appendf(nil, "%s  skip_report: true\n", indent), content[list[1]:])
		}
	})
}

var aNumber = regexp.MustCompile(`(?m): [2-9]$`)

// editNumber gives one of the numbers in a file another digit.
func (e *editor) editNumber(content []byte, number int) []byte {
	all := aNumber.FindAllIndex(content, -1)
	if len(all) == 0 {
		return content
	}
	at := all[e.random.IntN(len(all))]
	return slices.Concat(content[:at[0]], []byte(": "+strconv.Itoa(2+number%8)), content[at[1]:])
}

// editTests does to a configuration what people do: it renames a test, repeats
// or drops one, or says how often one runs at once.
func editTests(random *rand.Rand, content []byte, number int) []byte {
	tests := testsOf(content)
	if len(tests) == 0 {
		return append(slices.Clone(content), fmt.Sprintf("# %d\n", number)...)
	}
	test := tests[random.IntN(len(tests))]
	first, _, _ := bytes.Cut(test, []byte("\n"))
	renamed := bytes.Replace(test, first, fmt.Appendf(nil, "- as: edit-%d", number), 1)
	with := renamed
	switch random.IntN(4) {
	case 0:
		with = slices.Concat(test, renamed)
	case 1:
		with = nil
	case 2:
		with = slices.Concat(test, fmt.Appendf(nil, "  max_concurrency: %d\n", number+1))
	}
	return bytes.Replace(content, test, with, 1)
}

// testsOf are the tests of a configuration that start with their names.
func testsOf(content []byte) [][]byte {
	_, list, _ := bytes.Cut(content, []byte("\ntests:\n"))
	var tests [][]byte
	start := 0
	for at := 0; at < len(list); {
		end := at + bytes.IndexByte(list[at:], '\n') + 1
		if end == at {
			end = len(list)
		}
		line := string(list[at:end])
		if at > start && !strings.HasPrefix(line, " ") {
			tests = append(tests, list[start:at])
			start = at
		}
		if line[0] != '-' && line[0] != ' ' {
			return onlyNamed(tests)
		}
		at = end
	}
	return onlyNamed(append(tests, list[start:]))
}

func onlyNamed(tests [][]byte) [][]byte {
	return slices.DeleteFunc(tests, func(test []byte) bool { return !bytes.HasPrefix(test, []byte("- as: ")) })
}
