package gitobjects

import (
	"bytes"
	"errors"
	"strconv"
)

// Entry is one entry of a tree.
type Entry struct {
	Name string
	// Mode is Git's: 0o40000 for a folder, 0o120000 for a link, 0o160000 for a
	// submodule, and else a file.
	Mode uint32
	ID   ID
}

var errNoTree = errors.New("the content is no tree")

// ParseTree reads the entries of a tree's content, in Git's order.
func ParseTree(content []byte) ([]Entry, error) {
	entries := make([]Entry, 0, len(content)/40)
	text := string(content) // the names share it
	for len(content) > 0 {
		head := bytes.IndexByte(content, 0)
		if head < 0 || len(content) < head+1+idSize {
			return nil, errNoTree
		}
		space := bytes.IndexByte(content[:head], ' ')
		if space < 0 {
			return nil, errNoTree
		}
		start := len(text) - len(content)
		mode, err := strconv.ParseUint(text[start:start+space], 8, 32)
		if err != nil {
			return nil, errNoTree
		}
		entry := Entry{Name: text[start+space+1 : start+head], Mode: uint32(mode)}
		copy(entry.ID[:], content[head+1:])
		entries = append(entries, entry)
		content = content[head+1+idSize:]
	}
	return entries, nil
}
