//go:build unix

package controlplane

import "syscall"

// ownGroup keeps a Ctrl-C on the terminal from the child, which is to end
// after those that use it.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
