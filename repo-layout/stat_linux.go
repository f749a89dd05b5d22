package repolayout

import (
	"io/fs"
	"syscall"
)

// statOf takes the number and the time of the last change of any kind too: a
// file put in another's place, or given its old time back, looks different.
func statOf(info fs.FileInfo) stat {
	made := stat{info.Size(), info.ModTime().UnixNano(), 0, 0, int64(info.Mode())}
	if system, ok := info.Sys().(*syscall.Stat_t); ok {
		made[2], made[3] = syscall.TimespecToNsec(system.Ctim), int64(system.Ino) //nolint:gosec // a number that is only compared
	}
	return made
}
