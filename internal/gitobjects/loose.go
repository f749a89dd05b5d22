package gitobjects

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// maxLooseHead is how long what stands before a loose object's content can be:
// its type, its size and a zero byte.
const maxLooseHead = 32

// readLoose reads an object that has a file of its own. One that is not there is
// fs.ErrNotExist.
func readLoose(dir string, id ID, limit int64) (Type, []byte, error) {
	name := id.String()
	file, err := os.Open(filepath.Join(dir, name[:2], name[2:]))
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = file.Close() }()
	inflater, _ := inflaters.Get().(*inflater)
	defer inflaters.Put(inflater)
	inflater.buffered.Reset(file)
	if err := inflater.begin(); err != nil {
		return 0, nil, looseDamaged(err)
	}
	var start [maxLooseHead]byte
	n, err := io.ReadFull(inflater.inflate, start[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil, looseDamaged(err)
	}
	found, begun, err := parseLooseHead(start[:n])
	if err != nil {
		return 0, nil, looseDamaged(err)
	}
	if found.size > limit {
		return 0, nil, &TooLargeError{found.size}
	}
	content := make([]byte, found.size)
	rest := content[copy(content, begun):]
	if _, err := io.ReadFull(inflater.inflate, rest); err != nil {
		return 0, nil, looseDamaged(err)
	}
	if err := inflater.atEnd(); err != nil {
		return 0, nil, looseDamaged(err)
	}
	if len(begun) > len(content) {
		return 0, nil, looseDamaged(errors.New("it is longer than it says"))
	}
	return found.kind, content, nil
}

func looseDamaged(err error) error { return fmt.Errorf("its file is damaged: %w", err) }

// parseLooseHead reads type and size, and gives what of the content follows.
func parseLooseHead(start []byte) (found head, content []byte, err error) {
	text, content, whole := bytes.Cut(start, []byte{0})
	word, number, _ := bytes.Cut(text, []byte(" "))
	if found.size, err = strconv.ParseInt(string(number), 10, 63); err != nil || !whole || found.size < 0 {
		return head{}, nil, errors.New("it does not say its size")
	}
	for found.kind = Commit; found.kind <= Tag; found.kind++ {
		if found.kind.String() == string(word) {
			return found, content, nil
		}
	}
	return head{}, nil, fmt.Errorf("its type is unknown: %q", word)
}
