package repolayout_test

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/internal/longlist"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// files makes a file system of paths and contents; a content that starts with
// "-> " is a link.
func files(contents map[string]string) fstest.MapFS {
	made := fstest.MapFS{}
	for path, content := range contents {
		made[path] = &fstest.MapFile{Data: []byte(content), Mode: 0o644}
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			made[path] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
		}
	}
	return made
}

func load(t *testing.T, tree repolayout.Tree, last *repolayout.Repo) *repolayout.Repo {
	t.Helper()
	repo, err := repolayout.Load(t.Context(), tree, last)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

const (
	configs  = "ci-operator/config/"
	registry = "ci-operator/step-registry/"
	minimal  = "zz_generated_metadata: {org: o, repo: r, branch: main}\n"
)

func TestLoadNamesWhatIsInTheWrongPlace(t *testing.T) {
	cases := map[string]struct {
		reason string
		files  map[string]string
		want   []string
	}{
		"fine": {
			reason: "well-named files have no problems",
			files: map[string]string{
				configs + "o/r/o-r-main.yaml":      minimal,
				configs + "o/r/OWNERS":             "approvers: []",
				registry + "a/b/a-b-ref.yaml":      "ref: {as: a-b, from: cli, commands: a-b-commands.sh}",
				registry + "a/b/a-b-commands.sh":   "true",
				registry + "README.md":             "# steps",
				registry + "a/b/OWNERS":            "-> ../OWNERS",
				registry + "a/OWNERS":              "approvers: []",
				registry + "cluster-profiles/x.sh": "",
			},
		},
		"config name": {
			reason: "a configuration's name repeats its folders",
			files:  map[string]string{configs + "o/r/o-x-main.yaml": minimal, configs + "stray.yaml": minimal, configs + "o/r/o-r-main__.yaml": minimal},
			want: []string{
				configs + `o/r/o-r-main__.yaml: the file's name does not fit its folder (found "o-r-main__.yaml", want o-r-BRANCH.yaml or o-r-BRANCH__VARIANT.yaml) [file-name]`,
				configs + `o/r/o-x-main.yaml: the file's name does not fit its folder (found "o-x-main.yaml", want o-r-BRANCH.yaml or o-r-BRANCH__VARIANT.yaml) [file-name]`,
				configs + `stray.yaml: the file is in the wrong folder (found "stray.yaml", want ORG/REPO/ORG-REPO-BRANCH.yaml) [file-name]`,
			},
		},
		"metadata": {
			reason: "a configuration says the branch that its name says",
			files:  map[string]string{configs + "o/r/o-r-next.yaml": minimal},
			want: []string{
				configs + `o/r/o-r-next.yaml:1:1: zz_generated_metadata: the metadata does not fit the file's name (found o/r@main, want o/r@next) [file-name]`,
			},
		},
		"component name": {
			reason: "a component's name repeats its folders, in the file's name and in the file",
			files: map[string]string{
				registry + "a/b-ref.yaml":      "ref: {as: b}",
				registry + "a/a-chain.yaml":    "chain: {as: b}",
				registry + "a/a-workflow.yml":  "",
				registry + "a/a-ref.yaml":      "ref:\n  as: a\n  commands: a-commands.sh\n  from: cli\n",
				registry + "a/a-observer.yaml": "observer: {name: a, from: cli}",
			},
			want: []string{
				registry + `a/a-chain.yaml:1:9: chain.as: the name does not fit the file's (found "b", want "a") [file-name]`,
				registry + `a/a-ref.yaml:3:3: ref.commands: the commands' file is not there (found "a-commands.sh", want the name of a file beside this one that begins with the component's name and "-commands") [step-commands]`,
				registry + `a/a-workflow.yml: the file's name says no kind of component (found "a-workflow.yml", want a-ref.yaml, -chain.yaml, -workflow.yaml, -observer.yaml or -commands) [file-name]`,
				registry + `a/b-ref.yaml: the file's name does not fit its folder (found "b-ref.yaml", want "a-ref.yaml") [file-name]`,
			},
		},
		"links": {
			reason: "links stay within the repository",
			files: map[string]string{
				configs + "o/r/o-r-main.yaml":   "-> ../../../../../etc/passwd",
				configs + "o/r/o-r-next.yaml":   "-> /etc/passwd",
				configs + "o/folder":            "-> r",
				registry + "a/a-chain.yaml":     "-> ../b/real.md",
				registry + "b/real.md":          "chain: {as: a}",
				registry + "b/b-workflow.yaml":  "workflow: {as: b}",
				registry + "b/b-ref.yaml":       "ref: {as: b, from: cli, commands: b-commands.sh}",
				registry + "b/b-commands.sh":    "-> ../c/c.md",
				registry + "c/c.md":             "true",
				registry + "c/..data/c-ref.yml": "",
			},
			want: []string{
				configs + `o/folder: the link leads to a folder, and such links are not followed (found "r", want the folder itself, or links to its files) [link-folder]`,
				configs + `o/r/o-r-main.yaml: the link leads out of the repository (found "../../../../../etc/passwd", want a path within it) [link-outside]`,
				configs + `o/r/o-r-next.yaml: the link leads out of the repository (found "/etc/passwd", want a path within it) [link-outside]`,
			},
		},
		"too large": {
			reason: "a file of 50 MB is refused unread",
			files:  map[string]string{configs + "o/r/o-r-main.yaml": strings.Repeat("#", 50<<20)},
			want:   []string{configs + `o/r/o-r-main.yaml: the file is too large (found 52428800 bytes, want at most 8388608) [file-too-large]`},
		},
		"settings that lead nowhere": {
			reason: "a link to nothing is not the same as no settings",
			files:  map[string]string{"drover.yaml": "-> settings.yaml", "core-services/boskos/quotas.yaml": "-> none.yaml"},
			want: []string{
				`core-services/boskos/quotas.yaml: the link cannot be followed (found: file does not exist, want the path of a file, from the folder of the link) [link-broken]`,
				`drover.yaml: the link cannot be followed (found: file does not exist, want the path of a file, from the folder of the link) [link-broken]`,
			},
		},
		"settings": {
			reason: "settings are strict too",
			files:  map[string]string{"drover.yaml": "hold: all\nunlimted: []\n"},
			want: []string{
				`drover.yaml:1:7: hold: the value is not one of those allowed (found "all", want unit, revision) [wrong-value]`,
				`drover.yaml:2:1: unlimted: the field is not known (found "unlimted", want one that there is); did you mean "unlimited"? [unknown-field]`,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var found []string
			for _, problem := range load(t, repolayout.FromFS(files(tc.files)), nil).Problems() {
				found = append(found, problem.String())
			}
			if diff := cmp.Diff(tc.want, found); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSettingsStayInTheRepository names places outside it, and files where
// folders are wanted: the rest is read all the same.
func TestSettingsStayInTheRepository(t *testing.T) {
	cases := map[string]struct{ settings, want string }{
		"above":           {"paths: {config: ../x}", "drover.yaml:1:17: paths.config: the value does not fit (found \"../x\", want a path within the repository"},
		"absolute":        {"paths: {quotas: /etc/hostname}", "drover.yaml:1:17: paths.quotas: the value does not fit (found \"/etc/hostname\""},
		"empty":           {"paths: {jobs: ''}", "drover.yaml:1:15: paths.jobs: the value does not fit (found \"\""},
		"above, later":    {"paths: {registry: a/../../x}", "drover.yaml:1:19: paths.registry: the value does not fit"},
		"manifests above": {"manifests: [{folder: ..}]", "drover.yaml:1:22: manifests[0].folder: the value does not fit (found \"..\""},
		"files above":     {"publish: [{configMap: a, files: [../x/*]}]", "drover.yaml:1:34: publish[0].files[0]: the value does not fit (found \"../x/*\""},
		"dots in names":   {"paths: {jobs: ./a..b/..c/.d/.../e}", ""},
		"a file":          {"manifests: [{folder: here.yaml}]", ""},
		"a file as jobs":  {"paths: {jobs: here.yaml}", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			repo := load(t, repolayout.FromFS(files(map[string]string{"drover.yaml": tc.settings, "here.yaml": "{}"})), nil)
			problems := repo.Problems()
			if tc.want == "" && len(problems) == 0 {
				return
			}
			if len(problems) != 1 || tc.want == "" || !strings.HasPrefix(problems[0].String(), tc.want) {
				t.Errorf("got %v, want %s", problems, tc.want)
			}
		})
	}
}

// TestPublishedFilesAreFoundByAnyGlob has wildcards of all kinds in the names of
// folders.
func TestPublishedFilesAreFoundByAnyGlob(t *testing.T) {
	for _, glob := range []string{"a/{b,c}/x.yaml", "{a,z}/b/x.yaml", "a/b/[x].yaml", "a/?/x.yaml", "**/x.yaml", "*/b/*", "a/b/x.yaml", `a/\b/x.yaml`} {
		settings := "publish: [{configMap: a, files: ['" + glob + "']}]"
		repo := load(t, repolayout.FromFS(files(map[string]string{"drover.yaml": settings, "a/b/x.yaml": "{}"})), nil)
		if !slices.ContainsFunc(repo.Files, func(file repolayout.Raw) bool { return file.Path == "a/b/x.yaml" }) {
			t.Errorf("%s: the files are %v", glob, repo.Files)
		}
	}
}

func TestLoadReadsTheSample(t *testing.T) {
	repo := load(t, repolayout.FromFS(fixtures.Release()), nil)
	if problems := repo.Problems(); len(problems) > 0 {
		t.Errorf("the sample has problems: %v", problems)
	}
	if repo.Configs.Len() == 0 || len(repo.Refs) == 0 || len(repo.Observers) == 0 || len(repo.Quotas.Value.Quotas) == 0 || len(repo.Files) == 0 {
		t.Errorf("the sample was not read whole: %d configs, %d refs", repo.Configs.Len(), len(repo.Refs))
	}
	for _, ref := range repo.Refs {
		if !strings.HasPrefix(ref.Value.Commands, "#!") {
			t.Errorf("%s: the commands are not inlined: %.40q", ref.Path, ref.Value.Commands)
		}
	}
}

// TestLoadAgainEqualsLoadFromNothing edits the sample at random and compares
// what is loaded with and without the revision before.
func TestLoadAgainEqualsLoadFromNothing(t *testing.T) {
	contents := map[string]string{}
	sample := fixtures.Release()
	if err := fs.WalkDir(sample, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			data, readErr := fs.ReadFile(sample, path)
			contents[path], err = string(data), readErr
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2)) // repeatable on purpose
	var last, lastKnown *repolayout.Repo
	known := testtree.Over(repolayout.FromFS(sample)) // this one has ids, as a commit has
	for round := range 60 {
		path := slices.Sorted(maps.Keys(contents))[random.IntN(len(contents))]
		switch random.IntN(4) {
		case 0:
			delete(contents, path)
			known.Remove(path)
		case 1:
			contents[path] = strings.Replace(contents[path], "as:", "az:", 1)
		case 2:
			contents[path] += "\n# more\n"
		default:
			path = "ci-operator/config/o/r/o-r-b" + path[:1] + ".yaml"
			contents[path] = minimal
		}
		if content, there := contents[path]; there {
			known.Write(path, []byte(content))
		}
		tree := repolayout.FromFS(files(contents))
		fresh := load(t, tree, nil)
		last = load(t, tree, last)
		if diff := cmp.Diff(fresh, last, whole()); diff != "" {
			t.Fatalf("round %d, %s (-from nothing +again):\n%s", round, path, diff)
		}
		fresh, lastKnown = load(t, known, nil), load(t, known, lastKnown)
		if diff := cmp.Diff(fresh, lastKnown, whole()) + cmp.Diff(fresh.Problems(), lastKnown.Problems()); diff != "" {
			t.Fatalf("round %d, %s, with ids (-from nothing +again):\n%s", round, path, diff)
		}
	}
}

func TestLoadReusesUnchangedDocuments(t *testing.T) {
	tree := repolayout.FromFS(fixtures.Release())
	first := load(t, tree, nil)
	second := load(t, tree, first)
	for _, each := range longlist.Differences(first.Configs, second.Configs) {
		t.Errorf("%s was decoded again", each.Before.Path)
	}
}

func TestLoadReadsTheCorpus(t *testing.T) {
	tree, closeTree, err := repolayout.OpenFolder(corpus.Dir(t, "release-repo"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	repo := load(t, tree, nil)
	for _, problem := range repo.Problems() {
		t.Error(problem)
	}
	counts := map[string]int{
		"configs": repo.Configs.Len(), "refs": len(repo.Refs), "chains": len(repo.Chains), "workflows": len(repo.Workflows),
		"profiles": len(repo.Profiles.Value.ClusterProfiles), "quotas": len(repo.Quotas.Value.Quotas),
	}
	want := map[string]int{"configs": 8956, "refs": 1047, "chains": 620, "workflows": 775, "profiles": 64, "quotas": 86}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
