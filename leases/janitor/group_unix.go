//go:build unix

package janitor

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process and all that it starts one group, so that they can
// be ended together.
func ownGroup(process *exec.Cmd) { process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interruptGroup asks a process and all that it started to end.
func interruptGroup(process *exec.Cmd) error {
	return syscall.Kill(-process.Process.Pid, syscall.SIGTERM)
}

// killGroup ends what is left of them.
func killGroup(process *exec.Cmd) {
	if process.Process != nil {
		_ = syscall.Kill(-process.Process.Pid, syscall.SIGKILL)
	}
}
