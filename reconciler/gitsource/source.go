package gitsource

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// Revision is a commit.
type Revision struct {
	// Hash is the commit's full hash.
	Hash string
	// Branch is the branch that it was the newest of, empty where it was asked
	// for by name.
	Branch string
	// Subject is the first line of the commit's message.
	Subject string
	// Time is when it was committed.
	Time time.Time
}

// Short is the hash as people read it.
func (r Revision) Short() string { return r.Hash[:min(len(r.Hash), 10)] }

// Options says what to follow, and how.
type Options struct {
	// Repository is a folder, or the URL of a remote repository.
	Repository string
	// Branch to follow. Default: the one that the repository's HEAD names.
	Branch string
	// CloneDir is where a remote repository's clone is kept.
	CloneDir string
	// Interval is how often a remote repository is asked. Default: 1 minute.
	Interval time.Duration
}

// Source is one branch of a repository. Its methods may be called by several
// goroutines at once.
type Source struct {
	options Options
	gitDir  string
	branch  string

	mu         sync.Mutex
	repository *git.Repository
}

// remoteName is the remote that a clone of ours fetches from.
const remoteName = "origin"

// Open opens a repository on this machine, or clones a remote one the first
// time and opens its clone after that.
func Open(ctx context.Context, options Options) (*Source, error) {
	if options.Interval <= 0 {
		options.Interval = time.Minute
	}
	s := &Source{options: options}
	var err error
	if IsRemote(options.Repository) {
		err = s.openClone(ctx)
	} else {
		err = s.openLocal()
	}
	if err != nil {
		return nil, err
	}
	if s.branch, err = s.defaultBranch(); err != nil {
		return nil, err
	}
	return s, nil
}

// IsRemote says whether a repository's name is a URL rather than a folder. The
// short form user@host:path is one too.
func IsRemote(repository string) bool {
	if parsed, err := url.Parse(repository); err == nil && parsed.Host != "" {
		return true
	}
	before, _, found := strings.Cut(repository, ":")
	return found && strings.Contains(before, "@") && !strings.Contains(before, "/")
}

// Branch is the branch that is followed.
func (s *Source) Branch() string { return s.branch }

func (s *Source) openLocal() error {
	dir := s.options.Repository
	checkout := !isGitDir(dir)
	repository, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: checkout, EnableDotGitCommonDir: checkout})
	if err == nil {
		s.repository = repository
		s.gitDir, err = findGitDir(dir)
	}
	if err != nil {
		return fmt.Errorf("open %s as a Git repository: %w", dir, err)
	}
	return nil
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

// openClone opens our clone, making it first where there is none. A clone that
// was cut short is made anew.
func (s *Source) openClone(ctx context.Context) error {
	s.gitDir = s.options.CloneDir
	repository, err := git.PlainOpen(s.gitDir)
	if err == nil {
		if _, err = repository.Reference(plumbing.HEAD, true); err == nil {
			s.repository = repository
			return nil
		}
	}
	if err := os.RemoveAll(s.gitDir); err != nil {
		return fmt.Errorf("remove the broken clone %s: %w", s.gitDir, err)
	}
	options := &git.CloneOptions{URL: s.options.Repository, RemoteName: remoteName, Tags: git.NoTags}
	if s.options.Branch != "" {
		options.SingleBranch = true
		options.ReferenceName = plumbing.NewBranchReferenceName(s.options.Branch)
	}
	s.repository, err = git.PlainCloneContext(ctx, s.gitDir, true, options)
	if err != nil {
		return fmt.Errorf("clone %s: %w", s.options.Repository, err)
	}
	return nil
}

func (s *Source) defaultBranch() (string, error) {
	if s.options.Branch != "" {
		return s.options.Branch, nil
	}
	head, err := s.repository.Reference(plumbing.HEAD, false)
	if err != nil {
		return "", fmt.Errorf("find the branch of %s: %w", s.options.Repository, err)
	}
	if head.Type() != plumbing.SymbolicReference {
		return "", fmt.Errorf("find the branch of %s: its HEAD is detached; name a branch", s.options.Repository)
	}
	return head.Target().Short(), nil
}

// Fetch gives the branch's newest revision. A remote repository is asked for
// what is new since the last time; a branch that was forced elsewhere is
// followed.
func (s *Source) Fetch(ctx context.Context) (Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if IsRemote(s.options.Repository) {
		if err := s.fetchRemote(ctx); err != nil {
			return Revision{}, err
		}
	}
	reference, err := s.repository.Reference(plumbing.NewBranchReferenceName(s.branch), true)
	if err != nil {
		return Revision{}, fmt.Errorf("read branch %s of %s: %w", s.branch, s.options.Repository, err)
	}
	revision, err := s.revision(reference.Hash())
	revision.Branch = s.branch
	return revision, err
}

func (s *Source) fetchRemote(ctx context.Context) error {
	branch := plumbing.NewBranchReferenceName(s.branch)
	err := s.repository.FetchContext(ctx, &git.FetchOptions{
		RemoteName: remoteName,
		RefSpecs:   []config.RefSpec{config.RefSpec("+" + branch.String() + ":" + branch.String())},
		Tags:       git.NoTags,
		Force:      true,
	})
	if err == nil || errors.Is(err, git.NoErrAlreadyUpToDate) {
		return nil
	}
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		err = errors.New("the repository is empty")
	}
	return fmt.Errorf("fetch %s: %w", s.options.Repository, err)
}

// Resolve gives the revision that a name means: a hash, a branch, a tag, or
// an expression such as HEAD~1.
func (s *Source) Resolve(name string) (Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash, err := s.repository.ResolveRevision(plumbing.Revision(name))
	if err != nil {
		return Revision{}, fmt.Errorf("find revision %s: %w", name, err)
	}
	return s.revision(*hash)
}

// revision reads a commit. Objects may have come in a pack that was not there
// when the repository was opened; then it is opened again.
func (s *Source) revision(hash plumbing.Hash) (Revision, error) {
	commit, err := s.repository.CommitObject(hash)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		if err = s.reopen(); err == nil {
			commit, err = s.repository.CommitObject(hash)
		}
	}
	if err != nil {
		return Revision{}, fmt.Errorf("read commit %s: %w", hash, err)
	}
	subject, _, _ := strings.Cut(commit.Message, "\n")
	return Revision{Hash: hash.String(), Subject: subject, Time: commit.Committer.When}, nil
}

func (s *Source) reopen() error {
	repository, err := git.PlainOpen(s.gitDir)
	if err != nil {
		return fmt.Errorf("open %s again: %w", s.gitDir, err)
	}
	s.repository = repository
	return nil
}

// Tree gives a revision's files.
func (s *Source) Tree(revision Revision) (repolayout.Tree, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	commit, err := s.repository.CommitObject(plumbing.NewHash(revision.Hash))
	if err != nil {
		return nil, fmt.Errorf("read commit %s: %w", revision.Hash, err)
	}
	return newTree(s.repository.Storer, commit.TreeHash), nil
}

// IsBare says whether a folder is a Git repository without a checkout.
func IsBare(dir string) bool { return isGitDir(dir) }
