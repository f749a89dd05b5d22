package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a test whose errors are looked at rather than counted.
type recorder struct {
	testing.TB

	errors []string
}

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestEqual(t *testing.T) {
	const path = "testdata/two-lines.txt"

	cases := map[string]struct {
		reason string
		got    string
		path   string
		want   []string // what the error says; none for no error
	}{
		"Same": {
			reason: "bytes that are the file's should pass",
			got:    "one\ntwo\n",
			path:   path,
		},
		"Other": {
			reason: "a changed line should be shown with the old one, the file and the way out",
			got:    "one\nthree\n",
			path:   path,
			want:   []string{"two-lines.txt", "UPDATE=1", "two", "three"},
		},
		"LineEnd": {
			reason: "a missing line end should count",
			got:    "one\ntwo",
			path:   path,
			want:   []string{"two-lines.txt"},
		},
		"Missing": {
			reason: "a file that is not there should be named with the way to make it",
			got:    "one\n",
			path:   "testdata/missing.txt",
			want:   []string{"missing.txt", "UPDATE=1"},
		},
		"Folder": {
			reason: "what cannot be read should be an error",
			got:    "one\n",
			path:   "testdata",
			want:   []string{"testdata"},
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("UPDATE", "")

			r := &recorder{TB: t}
			Equal(r, []byte(tc.got), tc.path)

			if failed := len(r.errors) > 0; failed != (len(tc.want) > 0) {
				t.Fatalf("%s: got errors %q", tc.reason, r.errors)
			}

			for _, part := range tc.want {
				if !strings.Contains(r.errors[0], part) {
					t.Errorf("%s: the error lacks %q:\n%s", tc.reason, part, r.errors[0])
				}
			}
		})
	}
}

func TestEqualUpdates(t *testing.T) {
	t.Setenv("UPDATE", "1")

	folder := t.TempDir()
	path := filepath.Join(folder, "testdata", "new", "file.txt")

	for _, content := range []string{"one\n", "two\n", "two\n"} {
		Equal(t, []byte(content), path)

		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}

		if string(got) != content {
			t.Errorf("after an update with %q the file holds %q", content, got)
		}
	}

	r := &recorder{TB: t}
	Equal(r, []byte("one\n"), folder)

	if len(r.errors) != 1 {
		t.Errorf("what cannot be written should be one error; got %q", r.errors)
	}
}
