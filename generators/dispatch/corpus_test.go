package dispatch_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/internal/corpus"
)

// corpusInput decodes the corpus's dispatcher files, strictly.
func corpusInput(t *testing.T) dispatch.Input {
	t.Helper()
	read := func(name string) string {
		content, err := os.ReadFile(corpus.Dir(t, "release-repo", "core-services/sanitize-prow-jobs", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	return newInput(t, read("_config.yaml"), read("_clusters.yaml"))
}

// TestCorpusFilesDecode is that today's files have the forms that the schema
// says: strict decoding finds no problem, and nothing is lost.
func TestCorpusFilesDecode(t *testing.T) {
	input := corpusInput(t)
	var count struct{ Files, Groups, Clusters int }
	for _, clusters := range input.Config.BuildFarm {
		for _, files := range clusters {
			count.Files += len(files.Filenames)
		}
	}
	for _, clusters := range input.Clusters {
		count.Clusters += len(clusters)
	}
	count.Groups = len(input.Config.Groups)
	if diff := cmp.Diff(struct{ Files, Groups, Clusters int }{15553, 5, 6}, count); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
