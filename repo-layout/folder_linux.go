package repolayout

import (
	"os"

	"golang.org/x/sys/unix"
)

// openBeneath opens a file below a folder with one call to the kernel, which
// follows no link out of it. [os.Root] makes one for each part of the path.
func openBeneath(folder *os.File, name string) (*os.File, error) {
	fd, err := unix.Openat2(int(folder.Fd()), name, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}
