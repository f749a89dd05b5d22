package testcluster

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-ci/drover/internal/controlplane"
)

func TestFindProgram(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b")
	built := filepath.Join(root, "bin", "localcluster")
	other := filepath.Join(t.TempDir(), "other")
	for _, dir := range []string{deep, filepath.Dir(built)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "go.mod"))
	t.Chdir(deep)
	t.Setenv(controlplane.ProgramVariable, "")

	if _, err := findProgram(); !errors.Is(err, errAbsent) {
		t.Errorf("not built: got %v, want %v", err, errAbsent)
	}
	write(t, built)
	if got, err := findProgram(); got != built || err != nil {
		t.Errorf("built: got %q, %v, want %q", got, err, built)
	}
	t.Setenv(controlplane.ProgramVariable, other)
	if _, err := findProgram(); err == nil || errors.Is(err, errAbsent) {
		t.Errorf("named but absent: got %v, want an error that does not skip tests", err)
	}
	write(t, other)
	if got, err := findProgram(); got != other || err != nil {
		t.Errorf("named: got %q, %v, want %q", got, err, other)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o755); err != nil {
		t.Fatal(err)
	}
}
