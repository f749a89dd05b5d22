package schema_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/schema"
)

// TestNothingOfTheDataIsKept decodes files out of one piece of memory, which each
// next file overwrites, and compares with what was decoded from memory of its own.
func TestNothingOfTheDataIsKept(t *testing.T) {
	t.Parallel()
	roots := []string{"../fixtures"}
	if os.Getenv(corpus.Variable) != "" {
		roots = append(roots, corpus.Dir(t, "release-repo", "ci-operator", "config", "openshift"))
	}
	var buffer []byte
	files := 0
	type decoded struct {
		value    any
		problems []schema.Problem
	}
	of := func(file string, data []byte) (all []decoded) {
		for _, value := range []any{&schema.Config{}, &schema.RegistryRef{}, &schema.Settings{}, &schema.QuotasFile{}} {
			if path.Base(file) != "drover.yaml" && reflect.TypeOf(value) == reflect.TypeFor[*schema.Settings]() {
				continue
			}
			all = append(all, decoded{value, schema.Decode(file, data, value)})
		}
		jobs, problems := new(schema.Memory).CheckJobs(file, data, schema.ProwJobFile)
		return append(all, decoded{nil, schema.Check(file, data, schema.ProwConfig)}, decoded{jobs, problems})
	}
	for _, root := range roots {
		err := fs.WalkDir(os.DirFS(root), ".", func(file string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() || path.Ext(file) != ".yaml" {
				return err
			}
			data, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				return err
			}
			files++
			want := of(file, bytes.Clone(data))
			buffer = append(buffer[:0], data...)
			got := of(file, buffer)
			for i := range buffer {
				buffer[i] = '#'
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s changed with the data:\n%s", file, cmp.Diff(want, got, cmp.AllowUnexported(decoded{})))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("there are only %d files", files)
	}
}
