package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/drover-ci/drover/reconciler/configrepo"
)

type rollbackCommand struct {
	clusterFlags

	Rev     string        `arg:"" optional:"" placeholder:"REV" help:"The revision to go to: a hash, of which a part will do where the history has it."`
	Lift    bool          `help:"End a rollback: the newest revision counts again."`
	Timeout time.Duration `default:"2m" help:"How long to wait until it is in force; 0 does not wait."`
}

// Help gives the examples.
func (rollbackCommand) Help() string {
	return `The clusters go to the revision as to any other, and stay there until the branch moves or the rollback is lifted.
The branch itself is left alone: to undo a commit for good, revert it in Git.

Examples:
  drover rollback 4f0c21
  drover rollback --lift
  drover status                what is in force, and the revisions that were`
}

// Run asks for the rollback, and waits for it.
func (c rollbackCommand) Run(ctx context.Context, out *console) error {
	if (c.Rev == "") != c.Lift {
		return errors.New("rollback: give either a revision or --lift")
	}
	writer, repo, err := c.repo(ctx)
	if err != nil {
		return err
	}
	want := repo.Status.ObservedRevision
	var rollback *configrepo.Rollback
	if !c.Lift {
		if want, err = fullHash(repo, c.Rev); err != nil {
			return err
		}
		rollback = &configrepo.Rollback{Revision: want, From: repo.Status.ObservedRevision}
	}
	if repo.Status.ObservedRevision == "" {
		return errors.New("rollback: no revision has been seen yet")
	}
	if err := writer.SetRollback(ctx, rollback); err != nil {
		return err
	}
	if c.Timeout <= 0 {
		_, err = fmt.Fprintln(out.stdout, "asked for", shortHash(want))
		return err
	}
	return c.wait(ctx, out, writer, want)
}

// wait waits until a revision is in force, or cannot be.
func (c rollbackCommand) wait(ctx context.Context, out *console, writer *configrepo.Writer, want string) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	for {
		repo, err := writer.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("rollback: revision %s is not in force after %s; drover status says why", shortHash(want), c.Timeout)
		case err != nil:
			return err
		case !c.Lift && repo.Status.RolledBackTo == want && repo.Status.AppliedRevision != want && refusal(repo) != "":
			return fmt.Errorf("rollback: revision %s cannot be in force: %s; drover rollback --lift ends it", shortHash(want), refusal(repo))
		case repo.Spec.Suspend:
			_, err = fmt.Fprintf(out.stdout, "asked for %s; the repository is suspended, so that nothing is done before that ends\n", shortHash(want))
			return err
		case repo.Status.AppliedRevision == want && (repo.Status.RolledBackTo == want) != c.Lift:
			_, err = fmt.Fprintf(out.stdout, "revision %s is in force\n", shortHash(want))
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// refusal is why what was tried last is not in force; empty where that is not
// known.
func refusal(repo *configrepo.ConfigRepo) string {
	for _, part := range []string{configrepo.Fetched, configrepo.Valid, configrepo.AppliedCondition} {
		c := meta.FindStatusCondition(repo.Status.Conditions, part)
		if c != nil && c.Status == metav1.ConditionFalse && c.Reason != "UnitsHeld" {
			return c.Message
		}
	}
	return ""
}

// wholeHash is one of SHA-1 or SHA-256.
var wholeHash = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// fullHash completes a part of a hash from the history.
func fullHash(repo *configrepo.ConfigRepo, rev string) (string, error) {
	known := []string{repo.Status.ObservedRevision}
	for _, applied := range repo.Status.History {
		known = append(known, applied.Revision)
	}
	found := map[string]bool{}
	match := ""
	for _, hash := range known {
		if strings.HasPrefix(hash, rev) {
			match = hash
			found[hash] = true
		}
	}
	switch {
	case wholeHash.MatchString(rev):
		return rev, nil
	case len(found) == 1:
		return match, nil
	case len(found) > 1:
		return "", fmt.Errorf("rollback: several revisions begin with %q; give more of the hash", rev)
	default:
		return "", fmt.Errorf("rollback: the history has no revision that begins with %q; drover status lists them, and a full hash may be any", rev)
	}
}
