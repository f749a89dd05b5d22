package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/drover-ci/drover/internal/memo"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// repositoryFlags say which release repository a command reads.
type repositoryFlags struct {
	Repo string `default:"." placeholder:"DIR|URL" help:"The release repository: a checkout, read as it lies; a bare repository or URL, read at its branch; or a plain folder."` //nolint:lll // a tag stands on one line
	Rev  string `placeholder:"REV" help:"Read this revision instead: a hash, branch or tag."`
}

// opened is a repository's files at one revision.
type opened struct {
	tree repolayout.Tree
	// revision is empty where the files are read as they lie.
	revision gitsource.Revision
	close    func() error
}

// asItLies says whether files are read from a folder, and not from a commit.
func (f repositoryFlags) asItLies() bool {
	return f.Rev == "" && !gitsource.IsRemote(f.Repo) && !gitsource.IsBare(f.Repo)
}

// cacheFlags say whether a command goes by what earlier runs remembered.
type cacheFlags struct {
	NoCache bool `help:"Look at everything again, whatever an earlier run found."`
}

// store is where that is kept; nil for nowhere.
func (f cacheFlags) store() *memo.Store {
	if f.NoCache {
		return nil
	}
	return memo.UserStore()
}

// memory is what earlier runs remembered of a repository: servers too, where a commit
// is read. Of a folder it is less, so that is kept apart.
func (f repositoryFlags) memory(store *memo.Store) *repolayout.Memory {
	place := placeOf(f.Repo)
	if f.asItLies() {
		place += ", as it lies"
	}
	return repolayout.OpenMemory(store, place)
}

// placeOf names a repository wherever the command is run.
func placeOf(repository string) string {
	if place, err := filepath.Abs(repository); err == nil && !gitsource.IsRemote(repository) {
		return place
	}
	return repository
}

// open finds the files to read.
func (f repositoryFlags) open(ctx context.Context) (*opened, error) {
	if f.asItLies() {
		tree, closeTree, err := repolayout.OpenFolder(f.Repo)
		if err != nil {
			return nil, err
		}
		return &opened{tree: tree, close: closeTree}, nil
	}
	source, err := f.source(ctx)
	if err != nil {
		return nil, err
	}
	var revision gitsource.Revision
	if f.Rev == "" {
		revision, err = source.Fetch(ctx)
	} else {
		revision, err = source.Resolve(f.Rev)
	}
	if err != nil {
		return nil, err
	}
	return f.openRevision(source, revision)
}

// source opens the Git repository, of which revisions are then asked for by
// name, unless none is given. A remote one is asked what is new.
func (f repositoryFlags) source(ctx context.Context) (*gitsource.Source, error) {
	cache, err := cloneDir(f.Repo)
	if err != nil {
		return nil, err
	}
	remote := gitsource.IsRemote(f.Repo)
	source, err := gitsource.Open(ctx, gitsource.Options{Repository: f.Repo, CloneDir: cache, NamedOnly: f.Rev != "" && !remote})
	if err != nil || !remote || f.Rev == "" {
		return source, err
	}
	_, err = source.Fetch(ctx)
	return source, err
}

// openRevision opens a revision's files: those of the folder that was given,
// where that is only a part of its checkout.
func (f repositoryFlags) openRevision(source *gitsource.Source, revision gitsource.Revision) (*opened, error) {
	tree, err := source.Tree(revision)
	if err != nil {
		return nil, err
	}
	if !gitsource.IsRemote(f.Repo) {
		tree = repolayout.Sub(tree, gitsource.Below(f.Repo))
	}
	return &opened{tree: tree, revision: revision, close: func() error { return nil }}, nil
}

// load reads the whole repository.
func (f repositoryFlags) load(ctx context.Context) (*repolayout.Repo, *opened, error) {
	files, err := f.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	repo, err := f.loadFrom(ctx, files, nil)
	return repo, files, err
}

// loadFrom reads the whole repository from its opened files, helped by a memory or
// nil. The caller has it kept.
func (f repositoryFlags) loadFrom(ctx context.Context, files *opened, memory *repolayout.Memory) (*repolayout.Repo, error) {
	saveMemory()
	repo, err := repolayout.LoadFirst(ctx, files.tree, memory)
	if err != nil {
		return nil, err
	}
	if repo.Documents() == 0 && len(repo.Strays) == 0 {
		return nil, fmt.Errorf("%s holds no release repository: there is nothing in %s or %s", f.Repo, repo.Layout.Config, repo.Layout.Registry)
	}
	return repo, nil
}

// cloneDir is where the clone of a remote repository is kept.
func cloneDir(repository string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(repository))
	return filepath.Join(cache, hex.EncodeToString(sum[:8])), nil
}

// cacheDir is where clones are kept.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for clones: %w", err)
	}
	return filepath.Join(cache, "drover", "clones"), nil
}
