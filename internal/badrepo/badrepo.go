package badrepo

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// The files of a folder that are not of its repository.
const (
	// Want are the problems that the repository gives, a line each.
	Want = "want.txt"
	// Mend is the change, as Git writes one, after which it gives none.
	Mend = "mend.patch"
)

// root is the folder of all broken repositories.
func root() string {
	_, file, _, _ := runtime.Caller(0) //nolint:dogsled // the file is what is asked for
	return filepath.Join(filepath.Dir(file), "..", "..", "fixtures", "bad")
}

// Folder is the broken repository of a rule.
func Folder(rule string) string { return filepath.Join(root(), rule) }

// All lists the rules that have a broken repository, sorted.
func All(tb testing.TB) []string {
	tb.Helper()
	entries, err := os.ReadDir(root())
	if err != nil {
		tb.Fatal(err)
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// Mended gives a copy of the repository of a rule with its mend.patch applied.
func Mended(tb testing.TB, rule string) string {
	tb.Helper()
	dir := tb.TempDir()
	copyFolder(tb, Folder(rule), dir)
	apply := exec.CommandContext(tb.Context(), "git", "apply", filepath.Join(Folder(rule), Mend))
	apply.Dir = dir
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if output, err := apply.CombinedOutput(); err != nil {
		tb.Fatalf("apply %s: %v\n%s", Mend, err, output)
	}
	return dir
}

// copyFolder copies a repository, links as links.
func copyFolder(tb testing.TB, from, to string) {
	tb.Helper()
	err := filepath.WalkDir(from, func(file string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, file)
		if err != nil || below == Want || below == Mend {
			return err
		}
		return copyEntry(file, filepath.Join(to, below), entry)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func copyEntry(file, to string, entry os.DirEntry) error {
	switch {
	case entry.IsDir():
		return os.MkdirAll(to, 0o750)
	case entry.Type()&os.ModeSymlink != 0:
		target, err := os.Readlink(file)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	default:
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o600)
	}
}
