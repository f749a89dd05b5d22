package repolayout_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// traced is a folder of a repository, with the trace of loading it.
type traced struct {
	*testing.T

	dir   string
	tree  repolayout.Tree
	trace *repolayout.Trace
}

// newTraced loads a small repository whose files are old, and hands the trace
// on as another process would get it.
func newTraced(t *testing.T) *traced {
	t.Helper()
	r := &traced{T: t, dir: t.TempDir()}
	r.write(configs+"o/r/o-r-main.yaml", minimal)
	r.write(registry+"a/a-ref.yaml", "ref: {as: a, commands: a-commands.sh}\n")
	r.write(registry+"a/a-commands.sh", "true\n")
	r.link(configs+"o/r/o-r-linked.yaml", "o-r-main.yaml")
	r.age()
	tree, closeTree, err := repolayout.OpenFolder(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeTree() })
	r.tree = tree
	r.load()
	return r
}

func (r *traced) load() {
	r.Helper()
	tracer, ok := repolayout.NewTracer(r.tree)
	if !ok {
		r.Fatal("a folder cannot be traced")
	}
	load(r.T, tracer, nil)
	written, err := tracer.Trace().MarshalBinary()
	if err != nil {
		r.Fatal(err)
	}
	r.trace = new(repolayout.Trace)
	if err := r.trace.UnmarshalBinary(written); err != nil {
		r.Fatal(err)
	}
}

func (r *traced) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

func (r *traced) write(name, content string) {
	r.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), []byte(content), 0o644); err != nil {
		r.Fatal(err)
	}
}

func (r *traced) link(name, target string) {
	r.Helper()
	if err := os.Symlink(target, r.path(name)); err != nil {
		r.Fatal(err)
	}
}

func (r *traced) remove(name string) {
	r.Helper()
	if err := os.Remove(r.path(name)); err != nil {
		r.Fatal(err)
	}
}

// age makes everything look as if it had been there for long.
func (r *traced) age() {
	r.Helper()
	past := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(r.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.Type()&os.ModeSymlink != 0 {
			return err
		}
		return os.Chtimes(path, past, past)
	})
	if err != nil {
		r.Fatal(err)
	}
}

func (r *traced) holds() bool {
	holds, _ := r.trace.Holds(r.Context(), r.tree)
	return holds
}

func TestATraceHoldsWhileNothingChanges(t *testing.T) {
	r := newTraced(t)
	for range 2 {
		if !r.holds() {
			t.Error("nothing changed, but the trace does not hold")
		}
	}
	r.write("README.md", "not read\n")
	r.write("docs/a.md", "not read\n")
	if !r.holds() {
		t.Error("what is not read counts")
	}
	r.write(configs+"o/r/o-r-main.yaml", minimal)
	if !r.holds() {
		t.Error("a file was written as it was, but the trace does not hold")
	}
}

// TestATraceNoticesEveryChange makes one change at a time, at times that the
// file system can hardly tell apart.
func TestATraceNoticesEveryChange(t *testing.T) {
	cases := map[string]func(r *traced){
		"content": func(r *traced) { r.write(configs+"o/r/o-r-main.yaml", minimal+"tests: []\n") },
		"content of the same size": func(r *traced) {
			r.write(registry+"a/a-commands.sh", "fals\n")
			r.age()
		},
		"new file":        func(r *traced) { r.write(configs+"o/r/o-r-next.yaml", minimal) },
		"new folder":      func(r *traced) { r.write(configs+"o/s/o-s-main.yaml", minimal) },
		"removed file":    func(r *traced) { r.remove(registry + "a/a-commands.sh") },
		"link to nothing": func(r *traced) { r.remove(configs + "o/r/o-r-main.yaml") },
		"settings where there were none": func(r *traced) {
			r.write("drover.yaml", "hold: revision\n")
		},
		"link to another": func(r *traced) {
			r.remove(configs + "o/r/o-r-linked.yaml")
			r.link(configs+"o/r/o-r-linked.yaml", "../r/o-r-main.yaml")
		},
		"file in the place of a link": func(r *traced) {
			r.remove(configs + "o/r/o-r-linked.yaml")
			r.write(configs+"o/r/o-r-linked.yaml", minimal)
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			r := newTraced(t)
			change(r)
			if r.holds() {
				t.Error("the change was not noticed")
			}
			r.load()
			if !r.holds() {
				t.Error("the new trace does not hold")
			}
		})
	}
}

func TestAnotherTreeHasNoTrace(t *testing.T) {
	tree := repolayout.FromFS(os.DirFS(t.TempDir()))
	if _, ok := repolayout.NewTracer(tree); ok {
		t.Error("a file system was traced")
	}
	if holds, _ := new(repolayout.Trace).Holds(t.Context(), tree); holds {
		t.Error("a trace holds for a file system")
	}
	if err := new(repolayout.Trace).UnmarshalBinary([]byte("nonsense")); err == nil {
		t.Error("nonsense is a trace")
	}
}
