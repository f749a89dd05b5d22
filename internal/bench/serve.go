package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// changes is how often a change is made; the median is given.
const changes = 7

// measureResolver times the start of the resolver on the repository as a Git
// repository, and how long a committed change takes until it is served.
func (b *bench) measureResolver(ctx context.Context) error {
	repository, err := b.gitCopy(ctx)
	if err != nil {
		return err
	}
	server := exec.CommandContext(ctx, b.drover, "serve", "resolver", "--repo", repository, "--listen", "127.0.0.1:0")
	stdout, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := server.Start(); err != nil {
		return err
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	first, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return fmt.Errorf("start the resolver: %w", err)
	}
	_, address, _ := strings.Cut(strings.TrimSpace(first), " on ")
	if err := until(ctx, func() bool { return answers(ctx, address+"/readyz") }); err != nil {
		return err
	}
	b.row("resolver, start to ready", time.Since(start), memoryOf(server.Process.Pid), "")
	return b.measureChange(ctx, repository, address, server.Process.Pid)
}

// gitCopy makes a Git repository of the release repository.
func (b *bench) gitCopy(ctx context.Context) (string, error) {
	dir := filepath.Join(b.work, "release")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.CopyFS(dir, os.DirFS(b.release)); err != nil {
		return "", fmt.Errorf("copy the release repository: %w", err)
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"add", "--all"},
		{"commit", "--quiet", "--message", "first"},
		{"repack", "-adq"},
	} {
		if err := git(ctx, dir, args...); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func git(ctx context.Context, dir string, args ...string) error {
	args = append([]string{"-C", dir, "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0"}, args...)
	output, err := exec.CommandContext(ctx, "git", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("git %v: %w\n%s", args, err, output)
	}
	return nil
}

// measureChange commits a changed configuration again and again, and waits
// each time until the resolver gives the new answer.
func (b *bench) measureChange(ctx context.Context, repository, address string, pid int) error {
	const file = "ci-operator/config/openshift/installer/openshift-installer-release-4.14.yaml"
	const query = "/config?org=openshift&repo=installer&branch=release-4.14"
	path := filepath.Join(repository, file)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var times []time.Duration
	for i := range changes {
		mark := fmt.Sprintf("bench-%d-%d", i, os.Getpid())
		changed := bytes.Replace(content, []byte("\nbuild_root:"), []byte("\nrpm_build_location: /"+mark+"\nrpm_build_commands: make\nbuild_root:"), 1)
		if bytes.Equal(changed, content) {
			return errors.New(file + " has no build_root to change beside")
		}
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			return err
		}
		if err := git(ctx, repository, "commit", "--quiet", "--message", mark, file); err != nil {
			return err
		}
		start := time.Now()
		if err := until(ctx, func() bool { return strings.Contains(get(ctx, address+query), mark) }); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	median, slowest := times[len(times)/2], times[len(times)-1]
	b.row("one configuration changed, commit to served", median, memoryOf(pid),
		fmt.Sprintf("median of %d, slowest %s", changes, slowest.Round(time.Millisecond)))
	return nil
}

// until asks again and again, for at most two minutes.
func until(ctx context.Context, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

func answers(ctx context.Context, url string) bool {
	response, err := request(ctx, url)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func get(ctx context.Context, url string) string {
	response, err := request(ctx, url)
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(response.Body)
	return string(body)
}

func request(ctx context.Context, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(r)
}

// memoryOf is the most memory that a running process has had, in bytes; 0
// where the system does not say.
func memoryOf(pid int) int64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// isUp says whether `drover up` has written where its parts are, which it does
// when everything is in force.
func isUp(data string) bool {
	_, err := os.Stat(filepath.Join(data, "endpoints.json"))
	return err == nil
}
