package repolayout

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// statAt looks at something below the folder, with one call to the kernel. It is
// empty where nothing is there.
func (t folderTree) statAt(at read) stat {
	flags := 0
	if at.what == target {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	var info unix.Stat_t
	if unix.Fstatat(t.fd, at.path, &info, flags) != nil {
		return stat{}
	}
	return statOfSystem(&info)
}

// statOfSystem takes the number and the time of the last change of any kind
// too: a file put in another's place, or given its old time back, looks
// different.
func statOfSystem(info *unix.Stat_t) stat {
	return stat{
		info.Size, unix.TimespecToNsec(info.Mtim), unix.TimespecToNsec(info.Ctim),
		int64(info.Ino), int64(info.Mode), //nolint:gosec // numbers that are only compared
	}
}

func statOf(info fs.FileInfo) stat {
	system, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return stat{}
	}
	return stat{
		system.Size, syscall.TimespecToNsec(system.Mtim), syscall.TimespecToNsec(system.Ctim),
		int64(system.Ino), int64(system.Mode), //nolint:gosec // as above
	}
}
