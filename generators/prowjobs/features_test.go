package prowjobs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/schema"
)

// TestFeatures makes jobs of the small configurations in testdata/features,
// one file a feature, and holds them against what lies beside. The template is
// OpenShift's without what every job has, so that only the feature is seen.
func TestFeatures(t *testing.T) {
	template := openShift(t)
	template.Image = "ci-operator"
	template.Parts.All = nil
	generator := newGenerator(t, template, registry())

	inputs, err := filepath.Glob(filepath.Join("testdata", "features", "*.yaml"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no features: %v", err)
	}
	for _, input := range inputs {
		name := strings.TrimSuffix(input, ".yaml")
		t.Run(filepath.Base(name), func(t *testing.T) {
			configs := readConfigs(t, input)
			golden.Equal(t, join(component(t, generator, configs)), filepath.ToSlash(name)+".golden")

			slices.Reverse(configs)
			golden.Equal(t, join(component(t, generator, configs)), filepath.ToSlash(name)+".golden")
		})
	}
}

// TestOpenShift shows a job with all that OpenShift's template gives it.
func TestOpenShift(t *testing.T) {
	generator := newGenerator(t, openShift(t), registry())
	configs := readConfigs(t, "testdata/openshift.yaml")
	golden.Equal(t, join(component(t, generator, configs)), "testdata/openshift.golden")
}

// registry is what the features' configurations refer to.
func registry() prowjobs.Registry {
	profiles := []schema.ClusterProfileEntry{
		{Name: "acme-aws", ClusterType: "aws"},
		{Name: "acme-metal", ClusterType: "metal"},
	}
	workflows := []*schema.RegistryWorkflow{
		{As: "widget-e2e", Steps: schema.TestSteps{ClusterProfile: "acme-metal"}},
		{As: "widget-unit"},
	}
	return prowjobs.NewRegistry(profiles, workflows)
}

func openShift(tb testing.TB) *schema.JobTemplate {
	tb.Helper()
	template, err := prowjobs.OpenShift()
	if err != nil {
		tb.Fatal(err)
	}
	return template
}

func newGenerator(tb testing.TB, template *schema.JobTemplate, registry prowjobs.Registry) *prowjobs.Generator {
	tb.Helper()
	generator, err := prowjobs.New(template, registry)
	if err != nil {
		tb.Fatal(err)
	}
	return generator
}

func component(tb testing.TB, generator *prowjobs.Generator, configs []*schema.Config) []generators.File {
	tb.Helper()
	files, err := generator.Component(configs)
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// readConfigs reads the documents of a file.
func readConfigs(tb testing.TB, path string) []*schema.Config {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return parseConfigs(tb, string(data))
}

func parseConfigs(tb testing.TB, text string) []*schema.Config {
	tb.Helper()
	var configs []*schema.Config
	for document := range strings.SplitSeq(text, "\n---\n") {
		config := &schema.Config{}
		if problems := schema.Decode("config", []byte(document), config); len(problems) > 0 {
			tb.Fatal(problems)
		}
		configs = append(configs, config)
	}
	return configs
}

// join writes files one after the other, each below its path.
func join(files []generators.File) []byte {
	var b bytes.Buffer
	for _, file := range files {
		b.WriteString("--- # " + file.Path + "\n")
		b.Write(file.Content)
	}
	return b.Bytes()
}
