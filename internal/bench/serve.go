package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// running is a server that was started.
type running struct {
	address string
	pid     int
	// ready is how long it took from the start.
	ready time.Duration
	stop  func()
}

// measureResolver measures the resolver on the repository as a Git repository:
// its start, with nothing kept of an earlier run and with that, how fast it
// answers, and how soon it serves what is committed.
func (b *bench) measureResolver(ctx context.Context) error {
	repository, err := b.repository(ctx, whole())
	if err != nil {
		return err
	}
	r, err := b.startResolver(ctx, repository)
	if err != nil {
		return err
	}
	b.row("resolver, start to ready", r.ready, memoryOf(r.pid), "")
	_ = pause(ctx, time.Second) // it keeps what it read for the next one
	r.stop()
	if r, err = b.startResolver(ctx, repository); err != nil {
		return err
	}
	defer func() { r.stop() }()
	b.row("resolver, start to ready, warm", r.ready, memoryOf(r.pid), "")
	for _, measure := range []func(context.Context, *running) error{b.measureAnswers, b.measureSearch} {
		if err := measure(ctx, r); err != nil {
			return err
		}
	}
	return b.measureChanges(ctx, repository, r)
}

// startResolver starts the resolver, and waits until it is ready.
func (b *bench) startResolver(ctx context.Context, repository string) (*running, error) {
	server := exec.CommandContext(ctx, b.drover, "serve", "resolver", "--repo", repository, "--listen", "127.0.0.1:0")
	server.Env = b.environment()
	stdout, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := server.Start(); err != nil {
		return nil, err
	}
	r := &running{pid: server.Process.Pid, stop: func() { _ = server.Process.Kill(); _ = server.Wait() }}
	first, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		r.stop()
		return nil, fmt.Errorf("start the resolver: %w", err)
	}
	_, r.address, _ = strings.Cut(strings.TrimSpace(first), " on ")
	if err := until(ctx, func() bool { return answers(ctx, r.address+"/readyz") }); err != nil {
		r.stop()
		return nil, err
	}
	r.ready = time.Since(start)
	return r, nil
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

// getIfChanged asks for what may have changed since it had a tag, as clients do
// that ask again and again. It gives nothing, and the same tag, where it has not.
func getIfChanged(ctx context.Context, url, tag string) (body, now string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", tag
	}
	r.Header.Set("If-None-Match", tag)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", tag
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", tag
	}
	content, _ := io.ReadAll(response.Body)
	return string(content), response.Header.Get("ETag")
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

// cpuOf is the processor time that a running process's threads have had; 0 where
// the system does not say.
func cpuOf(pid int) (spent time.Duration) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, thread := range threads {
		content, _ := os.ReadFile(thread) // a thread may have ended
		nanoseconds, _, _ := strings.Cut(string(content), " ")
		count, _ := strconv.ParseInt(nanoseconds, 10, 64)
		spent += time.Duration(count)
	}
	return spent
}
