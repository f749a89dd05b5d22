package golden

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Equal reports an error to tb, with the difference, unless got is what the file at path holds. The path is relative to
// the folder of the test, as in "testdata/widget.yaml"; slashes do on every system. A missing file is a difference too.
//
// With UPDATE=1 in the environment, Equal writes got to the file instead, and makes the folders it needs.
func Equal(tb testing.TB, got []byte, path string) {
	tb.Helper()

	path = filepath.FromSlash(path)

	compare := check
	if os.Getenv("UPDATE") == "1" {
		compare = update
	}

	if err := compare(got, path); err != nil {
		tb.Errorf("golden file: %v", err)
	}
}

// check returns an error that shows where got differs from the file.
func check(got []byte, path string) error {
	want, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; UPDATE=1 writes it", err)
	}

	if err != nil {
		return err
	}

	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		return fmt.Errorf("%s: -want +got (UPDATE=1 rewrites the file):\n%s", path, diff)
	}

	return nil
}

// update makes the file hold got. A file that does so already keeps its date.
func update(got []byte, path string) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, got) {
		return nil
	}

	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}

	return os.WriteFile(path, got, 0o644)
}
