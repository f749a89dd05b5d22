package rules_test

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-ci/drover/internal/corpus"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// edited is a tree with other contents of some files. Like Git's trees it has
// an id for everything, other ones where there is an edit.
type edited struct {
	repolayout.Tree

	files map[string][]byte
}

// ReadFile implements repolayout.Tree.
func (e *edited) ReadFile(file string) ([]byte, error) {
	if content, ok := e.files[file]; ok {
		return content, nil
	}
	return e.Tree.ReadFile(file)
}

// ReadDir implements repolayout.Tree.
func (e *edited) ReadDir(dir string) ([]repolayout.Entry, error) {
	entries, err := e.Tree.ReadDir(dir)
	for i := range entries {
		entries[i].ID = e.id(path.Join(dir, entries[i].Name))
	}
	return entries, err
}

func (e *edited) id(name string) repolayout.ID {
	all := []byte(name)
	for _, file := range slices.Sorted(maps.Keys(e.files)) {
		if file == name || strings.HasPrefix(file, name+"/") {
			all = append(all, e.files[file]...)
		}
	}
	return repolayout.BlobID(all)
}

// full is the corpus, edited again and again.
type full struct {
	t     *testing.T
	tree  *edited
	repo  *repolayout.Repo
	valid *rules.Valid
}

func newFull(t *testing.T) *full {
	t.Helper()
	tree, closeTree, err := repolayout.OpenFolder(corpus.Dir(t, "release-repo"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeTree() })
	f := &full{t: t, tree: &edited{Tree: tree, files: map[string][]byte{}}}
	f.commit()
	f.mustHold(nil)
	return f
}

func (f *full) commit() []schema.Problem {
	f.t.Helper()
	tree := edited{Tree: f.tree.Tree, files: maps.Clone(f.tree.files)}
	var err error
	if f.repo, err = repolayout.Load(f.t.Context(), &tree, f.repo); err != nil {
		f.t.Fatal(err)
	}
	began := time.Now()
	valid, problems, err := rules.Admit(f.t.Context(), f.valid, f.repo)
	if err != nil || valid == nil {
		f.t.Fatal(err, problems)
	}
	f.t.Logf("admitted in %v: %d problems, %d units held", time.Since(began), len(problems), len(valid.Held))
	f.valid = valid
	return problems
}

func (f *full) mustHold(want []string) {
	f.t.Helper()
	var got []string
	for _, held := range f.valid.Held {
		got = append(got, held.Unit.String())
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		f.t.Fatalf("held %q, want %q", got, want)
	}
}

// mustBe compares what is in force of a file with what it holds, or with what
// it held at first.
func (f *full) mustBe(file string, held bool) { //nolint:revive // it is what is expected
	f.t.Helper()
	want := f.tree.files[file]
	if held {
		var err error
		if want, err = f.tree.Tree.ReadFile(file); err != nil {
			f.t.Fatal(err)
		}
	}
	if got, err := f.valid.Repo.Read(file); err != nil || !bytes.Equal(got, want) {
		f.t.Errorf("%s is not in force as it should be (held: %v): %v", file, held, err)
	}
}

func (f *full) edit(file string, change func(string) string) {
	f.t.Helper()
	content, err := f.tree.ReadFile(file)
	if err != nil {
		f.t.Fatal(err)
	}
	changed := change(string(content))
	if changed == string(content) {
		f.t.Fatalf("the edit of %s changes nothing", file)
	}
	f.tree.files[file] = []byte(changed)
}

// componentsOf picks components with at least two configurations, far apart.
func (f *full) componentsOf(n int) (names []string, files [][]string) {
	byName := map[string][]string{}
	var order []string
	for doc := range f.repo.Configs.All() {
		name := doc.Value.Metadata.Component()
		if byName[name] == nil {
			order = append(order, name)
		}
		byName[name] = append(byName[name], doc.Path)
	}
	for i := 0; len(names) < n && i < len(order); i += 37 {
		if len(byName[order[i]]) >= 2 {
			names, files = append(names, order[i]), append(files, byName[order[i]])
		}
	}
	return names, files
}

func comment(content string) string { return content + "# changed\n" }

func unreadable(content string) string { return content + "no_such_field: 1\n" }

// TestOnTheCorpusExactlyWhatIsBrokenIsHeld breaks ten configurations in five
// components, a step and a quota in one commit that changes much else, and
// mends them one by one.
func TestOnTheCorpusExactlyWhatIsBrokenIsHeld(t *testing.T) {
	f := newFull(t)
	names, files := f.componentsOf(10)
	broken := map[string][]string{}
	for i, name := range names[:5] {
		f.edit(files[i][0], unreadable)
		f.edit(files[i][1], unreadable)
		broken["component "+name] = files[i][:2]
	}
	step, profile := f.repo.Refs[len(f.repo.Refs)/2].Path, f.repo.Profiles.Value.ClusterProfiles[0]
	f.edit(step, unreadable)
	broken["registry"] = []string{step}
	f.edit(f.repo.Quotas.Path, func(content string) string {
		return regexp.MustCompile(`(?m)^( *)`+regexp.QuoteMeta(profile.LeaseType)+":").ReplaceAllString(content, "${1}renamed-"+profile.LeaseType+":")
	})
	broken["profiles"] = []string{f.repo.Quotas.Path}
	for _, each := range files[5:] {
		f.edit(each[0], comment)
	}
	f.commit()
	f.mustBeHeld(broken)
	for _, each := range files[5:] {
		f.mustBe(each[0], false)
	}
	for len(broken) > 0 {
		for unit, paths := range broken { // in any order
			for _, file := range paths {
				f.edit(file, func(content string) string {
					return comment(strings.ReplaceAll(strings.TrimSuffix(content, "no_such_field: 1\n"), "renamed-", ""))
				})
			}
			delete(broken, unit)
			f.commit()
			f.mustBeHeld(broken)
			for _, file := range paths {
				f.mustBe(file, false)
			}
			break
		}
	}
}

func (f *full) mustBeHeld(broken map[string][]string) {
	f.t.Helper()
	var want []string
	for unit, files := range broken {
		want = append(want, unit)
		for _, file := range files {
			f.mustBe(file, true)
		}
	}
	f.mustHold(want)
	if _, err := f.valid.Repo.Read("no/such/file"); err == nil {
		f.t.Error("what is not there can be read")
	} else if _, ok := err.(*fs.PathError); !ok { //nolint:errorlint // the very type
		f.t.Errorf("got %T", err)
	}
}
