package testcluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ProgramVariable is the environment variable that names the localcluster program.
const ProgramVariable = "DROVER_LOCALCLUSTER"

// errAbsent says that there is no program to start.
var errAbsent = errors.New("there is no localcluster: set " + ProgramVariable + ", or run `make bin/localcluster`")

// findProgram gives the path of the program, or errAbsent.
func findProgram() (string, error) {
	if path := os.Getenv(ProgramVariable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s: %w", ProgramVariable, err)
		}
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find localcluster: %w", err)
	}
	root, ok := moduleRoot(dir)
	if !ok {
		return "", errAbsent
	}
	path := filepath.Join(root, "bin", "localcluster")
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
