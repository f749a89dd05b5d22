package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drover-ci/drover/fixtures"
)

func TestMain(m *testing.M) {
	testscript.Main(withCluster{m}, map[string]func(){"drover": main})
}

// TestScripts runs the command line as people do. Each script finds the sample
// repository in the folder release; UPDATE=1 rewrites what a script expects.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: os.Getenv("UPDATE") == "1",
		Setup: func(env *testscript.Env) error {
			return copySample(filepath.Join(env.WorkDir, "release"))
		},
	})
}

func copySample(dir string) error {
	sample := fixtures.Release()
	return fs.WalkDir(sample, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(path))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o750)
		}
		content, err := fs.ReadFile(sample, path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
}
