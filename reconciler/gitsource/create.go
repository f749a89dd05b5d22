package gitsource

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Create makes a repository with a branch main that holds the files in one
// commit. The folder must not exist yet. It is made under another name and
// renamed, so that there is never half of it.
func Create(dir string, files fs.FS, message string) error {
	making := dir + ".new"
	if err := os.RemoveAll(making); err != nil {
		return fmt.Errorf("make repository %s: %w", dir, err)
	}
	if err := create(making, files, message); err != nil {
		return fmt.Errorf("make repository %s: %w", dir, err)
	}
	if err := os.Rename(making, dir); err != nil {
		return fmt.Errorf("make repository %s: %w", dir, err)
	}
	return nil
}

func create(dir string, files fs.FS, message string) error {
	if err := copyFiles(dir, files); err != nil {
		return err
	}
	repository, err := git.PlainInitWithOptions(dir, &git.PlainInitOptions{
		InitOptions: git.InitOptions{DefaultBranch: plumbing.NewBranchReferenceName("main")},
	})
	if err != nil {
		return err
	}
	worktree, err := repository.Worktree()
	if err != nil {
		return err
	}
	if err := worktree.AddWithOptions(&git.AddOptions{All: true}); err != nil {
		return err
	}
	author := &object.Signature{Name: "Drover", Email: "drover@localhost", When: time.Now()}
	_, err = worktree.Commit(message, &git.CommitOptions{Author: author})
	return err
}

// copyFiles writes files to a folder. Scripts can be run, which an embedded
// file system cannot say.
func copyFiles(dir string, files fs.FS) error {
	return fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(path))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o750)
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o600)
		if filepath.Ext(path) == ".sh" {
			mode = 0o700
		}
		return os.WriteFile(target, content, mode)
	})
}
