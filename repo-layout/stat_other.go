//go:build !linux

package repolayout

import "io/fs"

// statOf has what every system tells.
func statOf(info fs.FileInfo) stat {
	return stat{info.Size(), info.ModTime().UnixNano(), 0, 0, int64(info.Mode())}
}
