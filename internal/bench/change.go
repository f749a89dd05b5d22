package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// changes is how often a change is made.
const changes = 25

// change is one that is made again and again, each time with another mark.
type change struct {
	what, file string
	// before and after stand around the mark, in the place of before.
	before, after string
}

// The configurations that show each change, and that others ask for meanwhile.
// Both are of usual size, so that what is seen is the waiting and not the
// sending.
const (
	asked  = "/config?org=openshift&repo=must-gather&branch=release-4.14"
	others = "/config?org=openshift&repo=hypershift&branch=release-4.14"
)

// measureChanges commits a changed configuration, and a changed script of a step
// that thousands of tests use, and waits each time until the resolver gives the
// new answer. Somebody else asks all the while, and is not to notice.
func (b *bench) measureChanges(ctx context.Context, repository string, r *running) error {
	for _, c := range []change{
		{
			what: "one configuration changed, commit to served", before: "\nbuild_root:",
			file:  "ci-operator/config/openshift/must-gather/openshift-must-gather-release-4.14.yaml",
			after: "\nrpm_build_location: /%s\nrpm_build_commands: make\nbuild_root:",
		},
		{
			what: "one script changed, commit to served", before: "\nset ",
			file:  "ci-operator/step-registry/ipi/install/install/ipi-install-install-commands.sh",
			after: "\n# %s\nset ",
		},
	} {
		if err := b.measureChange(ctx, repository, c, r); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	return nil
}

func (b *bench) measureChange(ctx context.Context, repository string, c change, r *running) error {
	quiet, err := watch(ctx, r.address, func(ctx context.Context) error { return pause(ctx, time.Second) })
	if err != nil {
		return err
	}
	commits, err := c.prepare(ctx, repository)
	if err != nil {
		return err
	}
	var times []time.Duration
	waits, err := watch(ctx, r.address, func(ctx context.Context) error {
		times, err = c.serve(ctx, repository, r.address, commits)
		return err
	})
	if err != nil {
		return err
	}
	b.row(c.what, atPercent(times, 50), memoryOf(r.pid), fmt.Sprintf("median of %d, p99 %s; others' requests: p99 %s, longest %s (without changes %s)",
		len(times), atPercent(times, 99).Round(time.Millisecond), atPercent(waits, 99).Round(10*time.Microsecond),
		waits[len(waits)-1].Round(10*time.Microsecond), quiet[len(quiet)-1].Round(10*time.Microsecond)))
	return nil
}

// serve makes the changes, and gives how long each took from the commit until it
// was served, in order of length.
func (c change) serve(ctx context.Context, repository, address string, commits []string) ([]time.Duration, error) {
	_, tag := getIfChanged(ctx, address+asked, "")
	var times []time.Duration
	for i, hash := range commits {
		if err := git(ctx, repository, "update-ref", "refs/heads/main", hash); err != nil {
			return nil, err
		}
		start := time.Now()
		var body string
		if err := until(ctx, func() bool {
			body, tag = getIfChanged(ctx, address+asked, tag)
			return strings.Contains(body, c.mark(i))
		}); err != nil {
			return nil, err
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times, nil
}

func (c change) mark(i int) string { return fmt.Sprintf("bench-%d-%d", i, os.Getpid()) }

// prepare commits the changes beside the branch, and gives the commits. To put the
// branch on one of them takes nothing, so that Git does not stand in the way of
// whoever asks meanwhile.
func (c change) prepare(ctx context.Context, repository string) ([]string, error) {
	path := filepath.Join(repository, c.file)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := git(ctx, repository, "checkout", "--quiet", "--detach"); err != nil {
		return nil, err
	}
	var commits []string
	for i := range changes {
		changed := bytes.Replace(content, []byte(c.before), fmt.Appendf(nil, c.after, c.mark(i)), 1)
		if bytes.Equal(changed, content) {
			return nil, fmt.Errorf("%s has no %q to change beside", c.file, c.before)
		}
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			return nil, err
		}
		if err := commit(ctx, repository, c.mark(i), c.file); err != nil {
			return nil, err
		}
		hash, err := exec.CommandContext(ctx, "git", "-C", repository, "rev-parse", "HEAD").Output()
		if err != nil {
			return nil, err
		}
		commits = append(commits, strings.TrimSpace(string(hash)))
	}
	return commits, git(ctx, repository, "symbolic-ref", "HEAD", "refs/heads/main")
}

// watch asks for one answer every millisecond while something is done, and gives
// how long each took, in order of length.
func watch(ctx context.Context, address string, do func(context.Context) error) ([]time.Duration, error) {
	c, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	request := []byte("GET " + others + " HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n")
	done, finish := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { defer finish(); return do(ctx) })
	var times []time.Duration
	group.Go(func() error {
		for done.Err() == nil {
			start := time.Now()
			if _, err := c.exchange(request); err != nil {
				return err
			}
			times = append(times, time.Since(start))
			_ = pause(done, time.Millisecond)
		}
		return nil
	})
	err = group.Wait()
	slices.Sort(times)
	if err == nil && len(times) == 0 {
		err = errors.New("nothing was asked")
	}
	return times, err
}

func pause(ctx context.Context, long time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(long):
		return nil
	}
}
