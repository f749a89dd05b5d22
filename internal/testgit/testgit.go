// Package testgit makes real Git repositories for tests, with the git program.
package testgit

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Repository is a checkout with a branch main.
type Repository struct {
	// Dir is the checkout's folder.
	Dir string
	tb  testing.TB
}

// New makes an empty repository in a folder of the test's.
func New(tb testing.TB) *Repository {
	tb.Helper()
	r := &Repository{Dir: tb.TempDir(), tb: tb}
	r.Git("init", "--quiet", "--initial-branch=main")
	return r
}

// Open gives a checkout that is there already.
func Open(tb testing.TB, dir string) *Repository {
	tb.Helper()
	return &Repository{Dir: dir, tb: tb}
}

// FromFS makes a repository that holds the files in one commit.
func FromFS(tb testing.TB, files fs.FS) *Repository {
	tb.Helper()
	r := New(tb)
	if err := os.CopyFS(r.Dir, files); err != nil {
		tb.Fatal(err)
	}
	r.CommitAll("first")
	return r
}

// Git runs git in the checkout and gives its output.
func (r *Repository) Git(args ...string) string {
	r.tb.Helper()
	command := exec.Command("git", append([]string{"-C", r.Dir}, args...)...) //nolint:noctx // ends at once
	command.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=Test", "GIT_COMMITTER_EMAIL=test@example.com")
	output, err := command.CombinedOutput()
	if err != nil {
		r.tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

// Write puts a file into the checkout, with its folders.
func (r *Repository) Write(path, content string) {
	r.tb.Helper()
	full := filepath.Join(r.Dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o750); err != nil {
		r.tb.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
		r.tb.Fatal(err)
	}
}

// Read gives a file of the checkout.
func (r *Repository) Read(path string) string {
	r.tb.Helper()
	content, err := os.ReadFile(filepath.Join(r.Dir, filepath.FromSlash(path)))
	if err != nil {
		r.tb.Fatal(err)
	}
	return string(content)
}

// Replace changes the first occurrence of a text in a file of the checkout,
// which must be there.
func (r *Repository) Replace(path, from, to string) {
	r.tb.Helper()
	content := r.Read(path)
	if !strings.Contains(content, from) {
		r.tb.Fatalf("%s does not contain %q", path, from)
	}
	r.Write(path, strings.Replace(content, from, to, 1))
}

// CommitAll commits the checkout as it lies and gives the commit's hash.
func (r *Repository) CommitAll(message string) string {
	r.tb.Helper()
	r.Git("add", "--all")
	r.Git("commit", "--quiet", "--allow-empty", "--message", message)
	return r.Git("rev-parse", "HEAD")
}

// Commit writes a file and commits it.
func (r *Repository) Commit(path, content string) string {
	r.tb.Helper()
	r.Write(path, content)
	return r.CommitAll("change " + path)
}
