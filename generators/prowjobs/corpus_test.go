package prowjobs_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/schema"
)

// corpusJobFiles is how many job files the corpus has.
const corpusJobFiles = 15522

// corpusDir is the corpus; without it the test is skipped.
func corpusDir(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("DROVER_CORPUS")
	if dir == "" {
		tb.Skip("DROVER_CORPUS is not set: it names the folder of a whole release repository with its expected jobs")
	}
	return dir
}

// corpusConfigs are the configurations of the corpus by component.
func corpusConfigs(tb testing.TB) map[string][]*schema.Config {
	tb.Helper()
	configs := map[string][]*schema.Config{}
	root := filepath.Join(corpusDir(tb), "release-repo", "ci-operator", "config")
	walkYAML(tb, root, func(_ string, data []byte) {
		config := &schema.Config{}
		if err := yaml.Unmarshal(data, config); err != nil {
			tb.Fatal(err)
		}
		component := config.Metadata.Component()
		configs[component] = append(configs[component], config)
	})
	return configs
}

// walkYAML reads every YAML file below a folder.
func walkYAML(tb testing.TB, root string, visit func(path string, data []byte)) {
	tb.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		visit(filepath.ToSlash(relative), data)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// corpusGenerator is a generator with OpenShift's template and the corpus's
// cluster profiles.
func corpusGenerator(tb testing.TB) *prowjobs.Generator {
	tb.Helper()
	registry := filepath.Join(corpusDir(tb), "release-repo", "ci-operator", "step-registry")
	data, err := os.ReadFile(filepath.Join(registry, "cluster-profiles", "cluster-profiles-config.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	var profiles schema.ClusterProfilesFile
	if err := yaml.Unmarshal(data, &profiles); err != nil {
		tb.Fatal(err)
	}
	template, err := prowjobs.OpenShift()
	if err != nil {
		tb.Fatal(err)
	}
	generator, err := prowjobs.New(template, prowjobs.NewRegistry(profiles.ClusterProfiles, nil))
	if err != nil {
		tb.Fatal(err)
	}
	return generator
}

// TestCorpus holds all job files of a whole release repository against those
// that the reference generator makes.
func TestCorpus(t *testing.T) {
	generator, configs := corpusGenerator(t), corpusConfigs(t)
	expected := filepath.Join(corpusDir(t), "expected-jobs")
	equal, extra, shown := 0, 0, 0
	for _, component := range slices.Sorted(maps.Keys(configs)) {
		files, err := generator.Component(configs[component])
		if err != nil {
			t.Error(err)
		}
		for _, file := range files {
			want, err := os.ReadFile(filepath.Join(expected, filepath.FromSlash(file.Path)))
			switch {
			case err != nil:
				extra++
				t.Logf("not expected: %s", file.Path)
			case bytes.Equal(want, file.Content):
				equal++
			case shown < 5:
				shown++
				t.Errorf("%s (-want +got):\n%s", file.Path, cmp.Diff(string(want), string(file.Content)))
			}
		}
	}
	t.Logf("%d of %d files are equal, %d are not expected", equal, corpusJobFiles, extra)
	if equal != corpusJobFiles || extra != 0 {
		t.Fail()
	}
}

func BenchmarkCorpus(b *testing.B) {
	generator, configs := corpusGenerator(b), corpusConfigs(b)
	b.ReportAllocs()
	for b.Loop() {
		size := 0
		for _, component := range configs {
			files, err := generator.Component(component)
			if err != nil {
				b.Fatal(err)
			}
			size += sizeOf(files)
		}
		b.SetBytes(int64(size))
	}
}

func sizeOf(files []generators.File) int {
	size := 0
	for _, file := range files {
		size += len(file.Content)
	}
	return size
}
