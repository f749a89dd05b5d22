package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, entry := range entries {
		if entry.IsDir() {
			all[entry.Name()] = "a folder"
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[entry.Name()] = string(content)
	}
	return all
}

// TestReplaceFilesLeavesNoFolders has a file stand where a folder would have to
// be made, after others were.
func TestReplaceFilesLeavesNoFolders(t *testing.T) {
	files := map[string]string{"b": "a file"}
	dir := folder(t, files)
	err := replaceFiles(map[string][]byte{
		filepath.Join(dir, "a", "new", "c"): []byte("new"), filepath.Join(dir, "b", "c"): []byte("new"),
	})
	if err == nil {
		t.Error("a file is below a file")
	}
	if diff := cmp.Diff(files, contents(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReplaceFiles(t *testing.T) {
	dir := folder(t, map[string]string{"a": "old", "b": "old", "c": "stays"})
	err := replaceFiles(map[string][]byte{
		filepath.Join(dir, "a"): []byte("new"), filepath.Join(dir, "b"): nil, filepath.Join(dir, "d"): []byte("new"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "new", "c": "stays", "d": "new"}, contents(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(dir, "a")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
}

// TestReplaceFilesReplacesAllOrNone has a folder where the last file should be:
// it cannot be replaced, and what came before it is put back.
func TestReplaceFilesReplacesAllOrNone(t *testing.T) {
	files := map[string]string{"a": "old", "b": "old"}
	dir := folder(t, files)
	if err := os.MkdirAll(filepath.Join(dir, "z", "full"), 0o750); err != nil {
		t.Fatal(err)
	}
	err := replaceFiles(map[string][]byte{
		filepath.Join(dir, "a"): []byte("new"), filepath.Join(dir, "b"): nil,
		filepath.Join(dir, "c"): []byte("new"), filepath.Join(dir, "z"): []byte("new"),
	})
	if err == nil {
		t.Error("a folder was replaced")
	}
	files["z"] = "a folder"
	if diff := cmp.Diff(files, contents(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
