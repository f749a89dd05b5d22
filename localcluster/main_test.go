package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// program is the program under test, built once.
var program string

func TestMain(m *testing.M) {
	os.Exit(buildAndTest(m))
}

func buildAndTest(m *testing.M) int {
	dir, err := os.MkdirTemp("", "localcluster-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "localcluster")
	build := exec.Command("go", append([]string{"build", "-ldflags=-s -w", "-o", program}, sameFlags()...)...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// sameFlags are those of the flags this test was built with that decide whether the thousand packages below the program
// must be compiled again.
func sameFlags() (flags []string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, s := range info.Settings {
		if (s.Key == "-trimpath" || s.Key == "-race") && s.Value == "true" {
			flags = append(flags, s.Key)
		}
	}
	return flags
}
