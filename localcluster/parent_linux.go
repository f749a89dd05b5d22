package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// awaitParent waits for the parent process to end. It gives false at once where that cannot be told.
//
// PR_SET_PDEATHSIG would be the older way, but follows the thread that started us, and Go ends threads.
func awaitParent() bool {
	parent := os.Getppid()
	fd, err := unix.PidfdOpen(parent, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if os.Getppid() != parent {
		return true // ended meanwhile, and the descriptor may be of somebody else
	}
	watched := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}} //nolint:gosec // a file descriptor fits
	for {
		n, err := unix.Poll(watched, -1)
		if n > 0 {
			return true
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
	}
}
