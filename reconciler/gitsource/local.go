package gitsource

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
)

// IsRemote says whether a repository's name is a URL rather than a folder. The
// short form user@host:path is one too, and file:///path is not.
func IsRemote(repository string) bool {
	if parsed, err := url.Parse(repository); err == nil && parsed.Host != "" {
		return true
	}
	before, _, found := strings.Cut(repository, ":")
	return found && strings.Contains(before, "@") && !strings.Contains(before, "/")
}

// IsBare says whether a folder is a Git repository without a checkout.
func IsBare(dir string) bool { return isGitDir(dir) }

// Below is where in its checkout a folder is, with forward slashes: "." for the
// checkout itself, for a bare repository, and for what is in none.
func Below(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil || isGitDir(dir) {
		return "."
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, git.GitDirName)); err == nil {
			below, err := filepath.Rel(root, dir)
			if err != nil {
				return "."
			}
			return filepath.ToSlash(below)
		}
		if root == filepath.Dir(root) {
			return "."
		}
	}
}

// openLocal opens the repository that a folder belongs to, and gives the folder
// that holds its branches.
func openLocal(dir string) (*git.Repository, string, error) {
	checkout := !isGitDir(dir)
	repository, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: checkout, EnableDotGitCommonDir: checkout})
	var gitDir string
	if err == nil {
		gitDir, err = findGitDir(dir)
	}
	if err != nil {
		return nil, "", fmt.Errorf("open %s as a Git repository: %w", dir, err)
	}
	return repository, gitDir, nil
}

// findGitDir is the folder that holds the branches of the repository that a
// folder belongs to.
func findGitDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		dotGit := filepath.Join(dir, git.GitDirName)
		if info, err := os.Stat(dotGit); err == nil && info.IsDir() {
			return dotGit, nil
		}
		if isGitDir(dir) {
			return dir, nil
		}
		if content, err := os.ReadFile(dotGit); err == nil {
			return linkedGitDir(dir, string(content))
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no Git repository holds the folder")
		}
		dir = parent
	}
}

func isGitDir(dir string) bool {
	_, errHead := os.Stat(filepath.Join(dir, "HEAD"))
	_, errObjects := os.Stat(filepath.Join(dir, "objects"))
	return errHead == nil && errObjects == nil
}

// linkedGitDir follows the file that a linked worktree has instead of a .git
// folder, to the folder that all worktrees share.
func linkedGitDir(dir, content string) (string, error) {
	target, ok := strings.CutPrefix(strings.TrimSpace(content), "gitdir: ")
	if !ok {
		return "", fmt.Errorf("read %s: it is no link to a Git folder", filepath.Join(dir, git.GitDirName))
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(dir, target)
	}
	common, err := os.ReadFile(filepath.Join(target, "commondir"))
	if err != nil {
		return target, nil //nolint:nilerr // a folder without the file is its own
	}
	return filepath.Join(target, strings.TrimSpace(string(common))), nil
}
