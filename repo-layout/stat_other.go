//go:build !linux

package repolayout

import (
	"io/fs"
	"os"
	"path/filepath"
)

// statAt looks at something below the folder. It is empty where nothing is
// there.
func (t folderTree) statAt(at read) stat {
	look := os.Stat
	if at.what == target {
		look = os.Lstat
	}
	info, err := look(filepath.Join(t.root.Name(), filepath.FromSlash(at.path)))
	if err != nil {
		return stat{}
	}
	return statOf(info)
}

// statOf has what every system tells.
func statOf(info fs.FileInfo) stat {
	return stat{info.Size(), info.ModTime().UnixNano(), 0, 0, int64(info.Mode())}
}
