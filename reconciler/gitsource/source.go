package gitsource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

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
	// Signer is who signed it, empty where signatures are not asked for.
	Signer string
}

// Short is the hash as people read it.
func (r Revision) Short() string { return r.Hash[:min(len(r.Hash), 10)] }

// Options says what to follow, and how.
type Options struct {
	// Repository is a folder, or the URL of a remote repository.
	Repository string
	// Branch to follow. Default: the one that the repository's HEAD names.
	Branch string
	// NamedOnly says that no branch is followed: revisions are asked for by name
	// alone. HEAD may be detached then, as it is where a pull request is tested.
	NamedOnly bool
	// CloneDir is where a remote repository's clone is kept. Beside it, files
	// and folders are made whose names begin with its own.
	CloneDir string
	// Depth is how many commits of history the clone has; 0 is all of it. Other
	// revisions are fetched when they are asked for.
	Depth int
	// Interval is how often a remote repository is asked, and a local one looked at
	// even if the file system said nothing: some say nothing. Defaults: 1 minute,
	// and 5 seconds.
	Interval time.Duration
	// Timeout bounds each conversation with a remote repository. Default: 10
	// minutes.
	Timeout time.Duration
	// Credentials gives what a remote repository asks for. It is called for each
	// conversation, so that what is renewed is used. Default: none but what the
	// URL says, and for ssh the user's agent and known hosts.
	Credentials func(ctx context.Context) (Credentials, error)
	// Signers, if given, are those whose signature a revision needs.
	Signers *Signers
	// Logger is told what goes another way than it should. Default: slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Interval <= 0 {
		o.Interval = time.Minute
		if !IsRemote(o.Repository) {
			o.Interval = 5 * time.Second
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Minute
	}
	if o.Credentials == nil {
		o.Credentials = func(context.Context) (Credentials, error) { return Credentials{}, nil }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Repository = strings.TrimPrefix(o.Repository, "file://")
	return o
}

// Source is one branch of a repository. Its methods may be called by several
// goroutines at once.
type Source struct {
	options Options
	branch  string
	poked   chan struct{}
	clone   *clone // nil for a repository on this machine
	gitDir  string

	fetching sync.Mutex // one conversation at a time
	objects  *objects
}

// Open opens a repository on this machine, or clones a remote one the first
// time and opens its clone after that, without a conversation.
func Open(ctx context.Context, options Options) (*Source, error) {
	options = options.withDefaults()
	s := &Source{options: options, poked: make(chan struct{}, 1)}
	var repository *git.Repository
	var err error
	if IsRemote(options.Repository) {
		s.clone, s.gitDir = newClone(options), options.CloneDir
		repository, err = s.clone.open(ctx)
	} else {
		repository, s.gitDir, err = openLocal(options.Repository)
	}
	if err != nil {
		return nil, err
	}
	if s.objects, err = newObjects(s.gitDir, repository); err != nil {
		return nil, err
	}
	if s.branch, err = defaultBranch(options, repository); err != nil {
		return nil, err
	}
	return s, nil
}

func defaultBranch(options Options, repository *git.Repository) (string, error) {
	if options.Branch != "" || options.NamedOnly && !IsRemote(options.Repository) {
		return options.Branch, nil
	}
	head, err := repository.Reference(plumbing.HEAD, false)
	if err != nil {
		return "", fmt.Errorf("find the branch of %s: %w", Redact(options.Repository), err)
	}
	if head.Type() != plumbing.SymbolicReference {
		return "", fmt.Errorf("find the branch of %s: its HEAD is detached; name a branch", Redact(options.Repository))
	}
	return head.Target().Short(), nil
}

// Branch is the branch that is followed.
func (s *Source) Branch() string { return s.branch }

// Repository is what is followed, without a password that its URL may hold.
func (s *Source) Repository() string { return Redact(s.options.Repository) }

// Fetch gives the branch's newest revision. A remote repository is asked for
// what is new since the last time; a branch that was forced elsewhere is
// followed. A revision that no signer vouches for gives an [*UnsignedError].
func (s *Source) Fetch(ctx context.Context) (Revision, error) {
	s.fetching.Lock()
	defer s.fetching.Unlock()
	if s.clone != nil {
		if err := s.refresh(ctx); err != nil {
			return Revision{}, err
		}
	}
	revision, err := s.newest()
	if err != nil {
		return Revision{}, err
	}
	revision.Branch = s.branch
	return s.vouched(revision)
}

// refresh brings the clone up to date. The caller holds fetching; readers go on
// meanwhile.
func (s *Source) refresh(ctx context.Context) error {
	if s.objects.isDamaged() {
		if err := s.clone.mend(ctx); err != nil {
			return err
		}
		return s.objects.renewed()
	}
	changed, err := s.clone.refresh(ctx, s.branch)
	if err != nil || !changed {
		return err
	}
	return s.objects.renewed()
}

func (s *Source) newest() (revision Revision, err error) {
	var hash plumbing.Hash
	err = s.objects.use(func(repository *git.Repository) error {
		reference, err := repository.Reference(plumbing.NewBranchReferenceName(s.branch), true)
		if err == nil {
			hash = reference.Hash()
		}
		return err
	})
	if err != nil {
		return Revision{}, fmt.Errorf("read branch %s of %s: %w", s.branch, s.Repository(), err)
	}
	return s.read(hash)
}

// Resolve gives the revision that a name means: a hash, a branch, a tag, or
// an expression such as HEAD~1.
func (s *Source) Resolve(name string) (Revision, error) {
	hash, err := s.objects.find(name)
	if err != nil {
		return Revision{}, fmt.Errorf("find revision %s: %w", name, err)
	}
	revision, err := s.read(hash)
	if err != nil {
		return Revision{}, err
	}
	return s.vouched(revision)
}

// Find gives the revision of a full hash. One that a shallow clone does not
// have is asked of the remote repository, which may refuse.
func (s *Source) Find(ctx context.Context, hash string) (Revision, error) {
	revision, err := s.Resolve(hash)
	if s.clone == nil || !errors.Is(err, plumbing.ErrReferenceNotFound) && !errors.Is(err, plumbing.ErrObjectNotFound) {
		return revision, err
	}
	s.fetching.Lock()
	defer s.fetching.Unlock()
	if err := s.clone.fetchCommit(ctx, hash); err != nil {
		return Revision{}, err
	}
	if err := s.objects.renewed(); err != nil {
		return Revision{}, err
	}
	return s.Resolve(hash)
}

func (s *Source) read(hash plumbing.Hash) (Revision, error) {
	commit, err := s.objects.commit(hash)
	if err != nil {
		return Revision{}, err
	}
	subject, _, _ := strings.Cut(commit.Message, "\n")
	return Revision{Hash: hash.String(), Subject: subject, Time: commit.Committer.When}, nil
}

// Tree gives a revision's files.
func (s *Source) Tree(revision Revision) (repolayout.Tree, error) {
	commit, err := s.objects.commit(plumbing.NewHash(revision.Hash))
	if err != nil {
		return nil, err
	}
	return s.objects.tree(commit.TreeHash), nil
}

// vouched gives a revision with its signer, if one is asked for.
func (s *Source) vouched(revision Revision) (Revision, error) {
	if s.options.Signers == nil {
		return revision, nil
	}
	commit, err := s.objects.commit(plumbing.NewHash(revision.Hash))
	if err != nil {
		return Revision{}, err
	}
	revision.Signer, err = s.options.Signers.verify(commit)
	if err != nil {
		return Revision{}, &UnsignedError{Revision: revision, Reason: err}
	}
	return revision, nil
}

// UnsignedError says that no signer vouches for a revision. Asking again is of
// no use before there is another.
type UnsignedError struct {
	Revision Revision
	Reason   error
}

// Error implements error.
func (e *UnsignedError) Error() string {
	return fmt.Sprintf("revision %s is not trusted: %v", e.Revision.Short(), e.Reason)
}

// Unwrap gives the reason.
func (e *UnsignedError) Unwrap() error { return e.Reason }
