package testcluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-ci/drover/internal/controlplane"
)

// errAbsent says that there is no program to start.
var errAbsent = errors.New("there is no localcluster: set " + controlplane.ProgramVariable + ", or run `make bin/localcluster`")

// Program is the path of localcluster, for tests that start it themselves. Where there is none, the test is skipped;
// where the environment names one that is not there, it fails.
func Program(tb testing.TB) string {
	tb.Helper()
	path, err := findProgram()
	need(tb, err)
	return path
}

// need ends a test that cannot go on: for want of the program it is skipped, for any other reason it fails.
func need(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case errors.Is(err, errAbsent):
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
}

// findProgram gives the path of the program, or errAbsent. Unlike users, tests never take one that happens to be on
// the PATH: it need not be of this commit.
func findProgram() (string, error) {
	if os.Getenv(controlplane.ProgramVariable) != "" {
		return controlplane.Find()
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find localcluster: %w", err)
	}
	root, ok := moduleRoot(dir)
	if !ok {
		return "", errAbsent
	}
	path := filepath.Join(root, "bin", controlplane.Program)
	if _, err := os.Stat(path); err != nil {
		return "", errAbsent
	}
	return path, nil
}

// moduleRoot is the nearest folder, from dir upwards, that holds a go.mod.
func moduleRoot(dir string) (string, bool) {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}
