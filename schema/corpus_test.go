package schema_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/schema"
)

// TestDecodeEqualsTodaysDecoder reads every file of the corpus both with
// Decode and with the decoder that today's tools use.
func TestDecodeEqualsTodaysDecoder(t *testing.T) {
	t.Parallel()
	root := corpus.Dir(t, "release-repo", "ci-operator")
	files := 0
	walkYAML(t, root, func(path string, data []byte) {
		into := typeOf(path)
		if into == nil {
			return
		}
		files++
		want := reflect.New(reflect.TypeOf(into).Elem()).Interface()
		if err := yaml.Unmarshal(data, want); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if problems := schema.Decode(path, data, into); len(problems) > 0 {
			t.Errorf("%d problems, first: %v", len(problems), problems[0])
		} else if !reflect.DeepEqual(want, into) {
			t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(want, into))
		}
	})
	if files < 11_000 {
		t.Errorf("only %d files were read", files)
	}
}

// typeOf is the type that a file of the corpus decodes into, by its name.
func typeOf(path string) any {
	switch {
	case strings.Contains(path, "ci-operator/config/"):
		return new(schema.Config)
	case strings.HasSuffix(path, "-ref.yaml"):
		return new(schema.RefFile)
	case strings.HasSuffix(path, "-chain.yaml"):
		return new(schema.ChainFile)
	case strings.HasSuffix(path, "-workflow.yaml"):
		return new(schema.WorkflowFile)
	case strings.HasSuffix(path, "-observer.yaml"):
		return new(schema.ObserverFile)
	case strings.HasSuffix(path, "cluster-profiles-config.yaml"):
		return new(schema.ClusterProfilesFile)
	case strings.HasSuffix(path, ".metadata.json"):
		return new(schema.RegistryMetadata)
	}
	return nil
}

func walkYAML(t *testing.T, root string, visit func(path string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && entry.Name() == "jobs" {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".yaml") && !strings.HasSuffix(path, ".json") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err == nil {
			visit(path, data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
