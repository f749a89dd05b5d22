package render_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/corpus"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// TestRandomEditsOfTheSample renders after each of many edits from the last
// rendering, and compares with rendering from nothing now and then.
func TestRandomEditsOfTheSample(t *testing.T) {
	files := editable{base: sample(t), edited: fstest.MapFS{}}
	randomEdits(t, &files, 40, 4)
}

// TestRandomEditsOfTheCorpus is the same on the full-scale repository, where
// rendering from nothing takes seconds: it does so now and then.
func TestRandomEditsOfTheCorpus(t *testing.T) {
	if os.Getenv("DROVER_SOAK") == "" {
		t.Skip("DROVER_SOAK is not set: this takes many minutes; TestRandomEditsOfTheSample is the quick form")
	}
	files := editable{base: os.DirFS(corpus.Dir(t, "release-repo")), edited: fstest.MapFS{}}
	randomEdits(t, &files, 1000, 100)
}

// editable is a file system with edits laid over it.
type editable struct {
	base   fs.FS
	edited fstest.MapFS
}

func (e *editable) Open(name string) (fs.File, error) {
	if _, ok := e.edited[name]; ok {
		return e.edited.Open(name)
	}
	return e.base.Open(name)
}

// ReadLink and Lstat give the links of the base: only files are edited.
func (e *editable) ReadLink(name string) (string, error) { return fs.ReadLink(e.base, name) }

func (e *editable) Lstat(name string) (fs.FileInfo, error) {
	if _, ok := e.edited[name]; ok {
		return fs.Stat(e.edited, name)
	}
	return fs.Lstat(e.base, name)
}

// ReadDir lists what either has; only files are edited, in folders that are
// there.
func (e *editable) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(e.base, name)
	if err != nil {
		return nil, err
	}
	edited, err := fs.ReadDir(e.edited, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	byName := map[string]fs.DirEntry{}
	for _, entry := range slices.Concat(entries, edited) {
		if !entry.IsDir() || byName[entry.Name()] == nil {
			byName[entry.Name()] = entry
		}
	}
	var all []fs.DirEntry
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, byName[name])
	}
	return all, nil
}

// randomEdits edits configurations, and compares every so often. What an edit
// makes invalid is taken back.
func randomEdits(t *testing.T, files *editable, edits, every int) {
	t.Helper()
	random := rand.New(rand.NewPCG(4, 2))
	valid := admit(t, repolayout.FromFS(files), nil)
	rendering := rendered(t, valid, nil)
	paths := make([]string, 0, len(valid.Repo.Configs))
	for _, doc := range valid.Repo.Configs {
		paths = append(paths, doc.Path)
	}
	changed := 0
	for i := range edits {
		file := paths[random.IntN(len(paths))]
		before := files.edited[file]
		content, err := fs.ReadFile(files, file)
		if err != nil {
			t.Fatal(err)
		}
		files.edited[file] = &fstest.MapFile{Data: randomEdit(random, content, i)}
		next, made := tryRender(t, files, valid, rendering)
		if made == nil {
			delete(files.edited, file)
			if before != nil {
				files.edited[file] = before
			}
			continue
		}
		if !cmp.Equal(keys(rendering), keys(made)) {
			changed++
		}
		valid, rendering = next, made
		if i%every == every-1 {
			fresh := rendered(t, admit(t, repolayout.FromFS(files), nil), nil)
			if diff := cmp.Diff(keys(fresh), keys(rendering)); diff != "" {
				t.Fatalf("after edit %d, of %s (-from nothing +again):\n%.4000s", i, file, diff)
			}
		}
	}
	t.Logf("%d of %d edits changed something", changed, edits)
	if changed < edits/4 {
		t.Errorf("only %d of %d edits changed something", changed, edits)
	}
}

// tryRender renders from the last rendering, or gives nothing where the
// repository is not valid.
func tryRender(t *testing.T, files *editable, last *rules.Valid, before *render.Rendering) (*rules.Valid, *render.Rendering) {
	t.Helper()
	repo, err := repolayout.Load(t.Context(), repolayout.FromFS(files), last.Repo)
	if err != nil {
		t.Fatal(err)
	}
	valid, _ := rules.AdmitWhole(t.Context(), last, repo)
	if valid == nil {
		return nil, nil
	}
	made, _, err := render.Render(t.Context(), valid, before)
	if err != nil {
		t.Fatal(err)
	}
	return valid, made
}

// randomEdit does to a configuration what people do: it renames a test,
// repeats or drops one, or says when and how often one runs.
func randomEdit(random *rand.Rand, content []byte, number int) []byte {
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
