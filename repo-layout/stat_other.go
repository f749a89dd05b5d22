//go:build !linux

package repolayout

import (
	"io/fs"
	"os"
	"path/filepath"
)

// statAt looks at something below the folder. It is empty where nothing is
// there.
func (t folderTree) statAt(name string, follow bool) stat {
	look := os.Lstat
	if follow {
		look = os.Stat
	}
	info, err := look(filepath.Join(t.root.Name(), filepath.FromSlash(name)))
	if err != nil {
		return stat{}
	}
	return statOf(info)
}

// statOf has what every system tells.
func statOf(info fs.FileInfo) stat {
	return stat{info.Size(), info.ModTime().UnixNano(), 0, 0, int64(info.Mode())}
}
