//go:build !unix

package controlplane

import "syscall"

// ownGroup has no meaning here.
func ownGroup() *syscall.SysProcAttr { return nil }
