package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sigs.k8s.io/yaml"
)

// measureYardstick times Y. The first of two rounds warms the file cache.
func (b *bench) measureYardstick(ctx context.Context) error {
	for range 2 {
		start := time.Now()
		files := 0
		err := filepath.WalkDir(filepath.Join(b.release, "ci-operator", "config"), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") || ctx.Err() != nil {
				return errors.Join(err, ctx.Err())
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			var decoded any
			return yaml.Unmarshal(content, &decoded)
		})
		if err != nil {
			return fmt.Errorf("time the yardstick: %w", err)
		}
		b.yardstick = time.Since(start)
	}
	b.row("Y: decode every configuration", b.yardstick, 0, "sigs.k8s.io/yaml, one goroutine")
	return nil
}

// measureCheck checks the repository from nothing, and again with what the first
// run kept.
func (b *bench) measureCheck(ctx context.Context) error {
	if err := b.command(ctx, "check, cold", "check", "--repo", b.release); err != nil {
		return err
	}
	return b.command(ctx, "check, nothing changed", "check", "--repo", b.release)
}

// command times a whole run of drover.
func (b *bench) command(ctx context.Context, what string, args ...string) error {
	command := exec.CommandContext(ctx, b.drover, args...)
	command.Env = b.environment()
	start := time.Now()
	var summary bytes.Buffer
	command.Stderr = &summary
	output, err := command.Output()
	took := time.Since(start)
	if err != nil {
		return fmt.Errorf("drover %s: %w\n%.2000s%.2000s", args[0], err, output, summary.Bytes())
	}
	b.row(what, took, peakMemory(command.ProcessState), strings.TrimSpace(lastLine(summary.String())))
	return nil
}

// environment is that of the commands: what they keep for one another lies in a
// cache of this run.
func (b *bench) environment() []string {
	return append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(b.work, "cache"))
}

// peakMemory is the most memory that an ended process had, in bytes.
func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
