package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/drover-ci/drover/reconciler/configrepo"
)

type statusCommand struct {
	clusterFlags

	Watch bool `short:"w" help:"Print it again whenever it changes, until interrupted."`
}

// Help gives the examples.
func (statusCommand) Help() string {
	return `Exit codes: 0 all is well, 1 something is not, 2 could not find out.

Examples:
  drover status                       of drover up on this machine
  drover status --watch
  drover status --kubeconfig ~/.kube/config --name release`
}

// watchInterval is how often the status is read while it is watched.
const watchInterval = time.Second

// Run prints how a repository is kept.
func (c statusCommand) Run(ctx context.Context, out *console) error {
	writer, repo, err := c.repo(ctx)
	if err != nil {
		return err
	}
	if c.Watch {
		return watchStatus(ctx, out, writer, repo)
	}
	printStatus(out.stdout, repo, time.Now())
	if !meta.IsStatusConditionTrue(repo.Status.Conditions, configrepo.Ready) {
		return errProblems
	}
	return nil
}

// watchStatus prints the status whenever it changes. A cluster that does not
// answer is told of, and asked again.
func watchStatus(ctx context.Context, out *console, writer *configrepo.Writer, repo *configrepo.ConfigRepo) error {
	var last []byte
	trouble := ""
	for {
		if stable := stableText(repo); !bytes.Equal(stable, last) {
			var text bytes.Buffer
			if last != nil {
				text.WriteByte('\n')
			}
			last = stable
			printStatus(&text, repo, time.Now())
			if _, err := out.stdout.Write(text.Bytes()); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchInterval):
		}
		read, err := writer.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // interrupted
		case err == nil:
			repo, trouble = read, ""
		case err.Error() != trouble:
			trouble = err.Error()
			fmt.Fprintln(out.stderr, "drover:", trouble)
		}
	}
}

// stableText is what changes with the status and not with time.
func stableText(repo *configrepo.ConfigRepo) []byte {
	var text bytes.Buffer
	printStatus(&text, repo, time.Time{})
	return text.Bytes()
}

// shortHash is a hash as people read it.
func shortHash(hash string) string {
	if hash == "" {
		return "none"
	}
	return hash[:min(len(hash), 10)]
}

// age is how long ago something was; with a zero now, when.
func age(at metav1.Time, now time.Time) string {
	if now.IsZero() {
		return at.UTC().Format(time.RFC3339)
	}
	return duration.HumanDuration(now.Sub(at.Time))
}

func printStatus(out io.Writer, repo *configrepo.ConfigRepo, now time.Time) {
	s := repo.Status
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("repository", "%s", repo.Spec.URL+branchOf(repo.Spec))
	line("in force", "%s", shortHash(s.AppliedRevision)+relation(s))
	if s.Suspended {
		line("suspended", "nothing is done but serving what is in force")
	}
	for _, c := range s.Conditions {
		since := ""
		if c.Status != metav1.ConditionTrue {
			since = ": " + c.Message
		}
		line(c.Type, "%s for %s%s", c.Status, age(c.LastTransitionTime, now), since)
	}
	section(out, "held back", s.HeldCount, len(s.Held))
	for _, held := range s.Held {
		from := "left out"
		if held.Revision != "" {
			from = "as of " + shortHash(held.Revision)
		}
		fmt.Fprintf(out, "  %s, %s, for %s\n    %s\n", held.Unit, from, age(held.Since, now), held.Reason)
	}
	section(out, "problems", s.ProblemCount, len(s.Problems))
	for _, problem := range s.Problems {
		fmt.Fprintf(out, "  %s\n", problem)
	}
	section(out, "targets", len(s.Targets), len(s.Targets))
	for _, target := range s.Targets {
		text := target.Message
		if text == "" && !target.Since.IsZero() {
			text = "for " + age(target.Since, now)
		}
		if target.Progress != "" {
			text = strings.TrimPrefix(text+"; "+target.Progress, "; ")
		}
		if target.Unhealthy != "" {
			text += "; " + target.Unhealthy
		}
		fmt.Fprintf(out, "  %-20s %-10s  %s\n", target.Name, shortHash(target.AppliedRevision), text)
	}
	section(out, "history", len(s.History), len(s.History))
	for _, applied := range s.History {
		fmt.Fprintf(out, "  %-10s  %s ago in %s: %s\n", shortHash(applied.Revision), age(applied.At, now), time.Duration(applied.Took), counts(applied))
	}
}

func section(out io.Writer, name string, count, shown int) {
	switch {
	case count > shown:
		fmt.Fprintf(out, "\n%s (the first %d of %d)\n", name, shown, count)
	case count > 0:
		fmt.Fprintf(out, "\n%s (%d)\n", name, count)
	}
}

func branchOf(spec configrepo.Spec) string {
	if spec.Branch == "" {
		return ""
	}
	return " (branch " + spec.Branch + ")"
}

// relation says how what is in force is to the newest revision.
func relation(s configrepo.Status) string {
	switch {
	case s.AppliedRevision == "":
		return ""
	case s.RolledBackTo != "" && s.RolledBackTo != s.AppliedRevision:
		return "; people asked for " + shortHash(s.RolledBackTo)
	case s.RolledBackTo != "":
		return ", as people asked; the newest is " + shortHash(s.ObservedRevision)
	case s.AppliedRevision == s.ObservedRevision:
		return ", the newest"
	default:
		return "; the newest is " + shortHash(s.ObservedRevision)
	}
}

func counts(a configrepo.Applied) string {
	text := ""
	for _, part := range []struct {
		n    int
		what string
	}{
		{a.Created, "created"},
		{a.Adopted, "adopted"},
		{a.Updated, "updated"},
		{a.Healed, "healed"},
		{a.Deleted, "deleted"},
		{a.Kept, "kept"},
		{a.Paused, "paused"},
		{a.Unchanged, "unchanged"},
	} {
		if part.n > 0 {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%d %s", part.n, part.what)
		}
	}
	return text
}
