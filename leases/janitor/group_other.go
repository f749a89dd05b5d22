//go:build !unix

package janitor

import (
	"os"
	"os/exec"
)

// ownGroup has no meaning here.
func ownGroup(*exec.Cmd) {}

// interruptGroup asks a process to end.
func interruptGroup(process *exec.Cmd) error { return process.Process.Signal(os.Interrupt) }

// killGroup has nothing to do: what a process started is its own here.
func killGroup(*exec.Cmd) {}
