package repolayout

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"github.com/drover-ci/drover/schema"
)

// errNotPlain is something that [readBeneath] leaves to others.
var errNotPlain = errors.New("not a file of ordinary size")

// readBeneath reads a file below a folder with four calls to the kernel, which
// follows no link out of the folder. Opened as [os.File] it would cost twice
// as many, and [os.Root] looks at each part of the path besides. What fails here
// is for those to explain.
func readBeneath(folder int, name string, buffer []byte) (content []byte, seen stat, err error) {
	fd, err := unix.Openat2(folder, name, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, stat{}, err
	}
	defer func() { _ = unix.Close(fd) }()
	var info unix.Stat_t
	if err := unix.Fstat(fd, &info); err != nil {
		return nil, stat{}, err
	}
	if info.Mode&unix.S_IFMT != unix.S_IFREG || info.Size > schema.MaxFileSize {
		return nil, stat{}, errNotPlain
	}
	if content = buffer; int64(cap(content)) < info.Size {
		content = make([]byte, info.Size)
	}
	content = content[:info.Size]
	for done := 0; done < len(content); {
		count, err := unix.Read(fd, content[done:])
		if err != nil {
			return nil, stat{}, err
		}
		if count == 0 {
			return nil, stat{}, io.ErrUnexpectedEOF
		}
		done += count
	}
	return content, statOfSystem(&info), nil
}
