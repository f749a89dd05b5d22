package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWriterWritesAllOrNothing changes, removes and adds files, also through a
// link, and again where one cannot be added.
func TestWriterWritesAllOrNothing(t *testing.T) {
	before := map[string]string{"changed": "1", "gone": "2", "kept": "3", "linked": "4"}
	dir := folder(t, before)
	if err := os.Symlink("linked", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	write := func(added string) error {
		w := newWriter(dir, false, false, nil)
		for path, content := range map[string]string{"changed": "5", "kept": "3", "link": "6", added: "7"} {
			if err := w.put(path, []byte(content)); err != nil && added == "new" {
				t.Fatal(err)
			}
		}
		w.changed["gone"], w.changed[added] = nil, []byte("7")
		return w.finish()
	}
	before["link"] = "4"
	if err := write("kept/new"); err == nil {
		t.Error("a file is no folder")
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("it failed, but changed something (-want +got):\n%s", diff)
	}
	if err := write("new"); err != nil {
		t.Fatal(err)
	}
	after := map[string]string{"changed": "5", "kept": "3", "linked": "6", "link": "6", "new": "7"}
	if diff := cmp.Diff(after, contents(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if target, err := os.Readlink(filepath.Join(dir, "link")); target != "linked" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
}
