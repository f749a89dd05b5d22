package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
)

// TestInterrupted has commands be interrupted at once, as by Ctrl-C.
func TestInterrupted(t *testing.T) {
	release := filepath.Join(t.TempDir(), "release")
	if err := copySample(release); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for name, args := range map[string][]string{
		"check":    {"check", "--no-cache", "--repo", release},
		"generate": {"generate", "--no-cache", "--repo", release},
		"up":       {"up", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--leases", "127.0.0.1:0"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(ctx, args, &stdout, &stderr)
			if code != exitFailed || stderr.String() != "drover: interrupted\n" || stdout.Len() > 0 {
				t.Errorf("exit code %d, printed %q, and %q", code, stderr.String(), stdout.String())
			}
		})
	}
}
