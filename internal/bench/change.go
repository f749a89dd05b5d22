package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
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
	// edit gives the file with a mark.
	edit func(content []byte, mark string) ([]byte, error)
	// asked is what shows the mark once it is served: by the lease server, or by the
	// resolver.
	asked    string
	ofLeases bool
	// shows is what it shows then. Default: the mark.
	shows func(mark string) string
}

// The configurations that show each change, and that others ask for meanwhile.
// Both are of usual size, so that what is seen is the waiting and not the
// sending.
const (
	changedConfig = "ci-operator/config/openshift/must-gather/openshift-must-gather-release-4.14.yaml"
	asked         = "/config?org=openshift&repo=must-gather&branch=release-4.14"
	others        = "/config?org=openshift&repo=hypershift&branch=release-4.14"
)

// configChange adds a test to a configuration: another job, and another answer.
func configChange() change {
	return change{
		what: "one configuration changed", file: changedConfig, asked: asked,
		edit: replacing("\ntests:\n", "\ntests:\n- as: %s\n  commands: make\n  container:\n    from: src\n"),
	}
}

// scriptChange changes a script of a step that thousands of tests use.
func scriptChange() change {
	return change{
		what: "one script changed", asked: asked,
		file: "ci-operator/step-registry/ipi/install/install/ipi-install-install-commands.sh",
		edit: replacing("\nset ", "\n# %s\nset "),
	}
}

// replacing puts a text with the mark in the place of another.
func replacing(before, after string) func([]byte, string) ([]byte, error) {
	return func(content []byte, mark string) ([]byte, error) {
		changed := bytes.Replace(content, []byte(before), fmt.Appendf(nil, after, mark), 1)
		if bytes.Equal(changed, content) {
			return nil, fmt.Errorf("there is no %q to change", before)
		}
		return changed, nil
	}
}

// measureChanges commits changes, and waits each time until the resolver gives the
// new answer. Somebody else asks all the while, and is not to notice.
func (b *bench) measureChanges(ctx context.Context, repository string, r *running) error {
	for _, c := range []change{configChange(), scriptChange()} {
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
	commits, err := c.prepare(ctx, repository, changes)
	if err != nil {
		return err
	}
	var times []time.Duration
	waits, err := watch(ctx, r.address, func(ctx context.Context) error {
		for i, hash := range commits {
			took, err := c.serve(ctx, repository, r.address, hash, i)
			if err != nil {
				return err
			}
			times = append(times, took)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(times)
	remark := fmt.Sprintf("median of %d, p99 %s; others' requests: p99 %s, longest %s (without changes %s)",
		len(times), atPercent(times, 99).Round(time.Millisecond), atPercent(waits, 99).Round(10*time.Microsecond),
		waits[len(waits)-1].Round(10*time.Microsecond), quiet[len(quiet)-1].Round(10*time.Microsecond))
	b.row(c.what+", commit to served", atPercent(times, 50), memoryOf(r.pid), remark)
	return nil
}

// serve puts the branch on the commit of a change, and gives how long it took
// until the change was served.
func (c change) serve(ctx context.Context, repository, address, hash string, i int) (time.Duration, error) {
	shown := c.shown(ctx, address, i)
	if err := moveTo(repository, hash); err != nil {
		return 0, err
	}
	start := time.Now()
	err := until(ctx, shown)
	return time.Since(start), err
}

// shown says whether a server serves a change.
func (c change) shown(ctx context.Context, address string, i int) func() bool {
	want := c.mark(i)
	if c.shows != nil {
		want = c.shows(want)
	}
	body, tag := getIfChanged(ctx, address+c.asked, "")
	return func() bool {
		body, tag = getIfChanged(ctx, address+c.asked, tag)
		return strings.Contains(body, want)
	}
}

func (c change) mark(i int) string { return fmt.Sprintf("bench-%d-%d", os.Getpid(), i) }

// prepare commits as many changes beside the branch, one upon the other, each to the
// file as it was at first, and gives the commits.
func (c change) prepare(ctx context.Context, repository string, count int) ([]string, error) {
	content, err := gitOutput(ctx, repository, nil, "show", first+":"+c.file)
	if err != nil {
		return nil, err
	}
	return importCommits(ctx, repository, func(h *history) error {
		for i := range count {
			changed, err := c.edit([]byte(content), c.mark(i))
			if err != nil {
				return fmt.Errorf("%s: %w", c.file, err)
			}
			h.commit(map[bool]string{true: branch + "^0"}[i == 0])
			h.file(c.file, plainFile, changed)
		}
		return nil
	})
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
