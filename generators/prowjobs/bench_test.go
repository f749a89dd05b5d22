package prowjobs_test

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/schema"
)

// corpusConfigs are the configurations of the corpus by component.
func corpusConfigs(tb testing.TB) map[string][]*schema.Config {
	tb.Helper()
	configs := map[string][]*schema.Config{}
	root := corpus.Dir(tb, "release-repo", "ci-operator", "config")
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
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := fs.ReadFile(tree, path)
		visit(path, data)
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
	path := "release-repo/ci-operator/step-registry/cluster-profiles/cluster-profiles-config.yaml"
	data, err := os.ReadFile(corpus.Dir(tb, path))
	if err != nil {
		tb.Fatal(err)
	}
	var profiles schema.ClusterProfilesFile
	if err := yaml.Unmarshal(data, &profiles); err != nil {
		tb.Fatal(err)
	}
	return newGenerator(tb, openShift(tb), prowjobs.NewRegistry(profiles.ClusterProfiles, nil))
}

// onCluster are a component's jobs with a cluster for each.
func onCluster(tb testing.TB, generator *prowjobs.Generator, configs []*schema.Config) []prowjobs.JobFile {
	tb.Helper()
	files, err := generator.Jobs(configs)
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range files {
		for _, job := range file.Groups[0].Jobs {
			if job.Cluster == "" {
				job.Cluster = "build02"
			}
		}
	}
	return files
}

// The benchmarks measure one goroutine. The time of the process counts, since
// that of the clock depends on what else runs on the machine.

// BenchmarkCorpus makes all jobs from an empty tree.
func BenchmarkCorpus(b *testing.B) {
	generator, configs := corpusGenerator(b), corpusConfigs(b)
	benchmark(b, func() (size int) {
		for _, of := range configs {
			size += sizeOf(component(b, generator, of))
		}
		return size
	})
}

// BenchmarkCorpusInPlace makes all jobs over files in which each job has a
// cluster.
func BenchmarkCorpusInPlace(b *testing.B) {
	generator, configs := corpusGenerator(b), corpusConfigs(b)
	existing := map[string][]generators.File{}
	for name, of := range configs {
		existing[name] = render(b, onCluster(b, generator, of))
	}
	benchmark(b, func() (size int) {
		for name, of := range configs {
			fresh, err := generator.Jobs(of)
			if err != nil {
				b.Fatal(err)
			}
			size += sizeOf(merge(b, existing[name], fresh))
		}
		return size
	})
}

func sizeOf(files []generators.File) int {
	size := 0
	for _, file := range files {
		size += len(file.Content)
	}
	return size
}

// benchmark measures work that gives the size of what it made.
func benchmark(b *testing.B, work func() int) {
	b.Helper()
	b.ReportAllocs()
	start := processTime(b)
	for b.Loop() {
		b.SetBytes(int64(work()))
	}
	b.ReportMetric((processTime(b)-start).Seconds()/float64(b.N), "cpu-s/op")
}

// processTime is how long the process has computed.
func processTime(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
