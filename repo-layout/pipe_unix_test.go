//go:build unix

package repolayout_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// TestAPipeIsNotWaitedFor has a pipe where a file should be: whoever opened it
// to read would wait for a writer.
func TestAPipeIsNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "drover.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, closeTree, err := repolayout.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	for name, tree := range map[string]repolayout.Tree{"folder": folder, "file system": repolayout.FromFS(os.DirFS(dir))} {
		if content, err := tree.ReadFile("drover.yaml"); err == nil {
			t.Errorf("%s: read %q", name, content)
		}
	}
}
