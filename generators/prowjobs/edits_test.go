package prowjobs_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/internal/golden"
)

// TestMergeEdits edits the configurations of a component whose jobs have
// clusters and limits that are not the configuration's, generates in place, and
// shows the lines that change.
func TestMergeEdits(t *testing.T) {
	base, err := os.ReadFile("testdata/edits/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const oldConfig = "\n---\nzz_generated_metadata: {org: acme, repo: widget, branch: "
	const onlyUnit = "\ntests:\n- {as: unit, container: {from: src}}"
	edits := map[string]struct{ old, with string }{
		"test-added":         {"tests:\n", "tests:\n- {as: e2e, container: {from: src}}\n"},
		"test-renamed":       {"{as: unit,", "{as: units,"},
		"test-removed":       {"- {as: unit, container: {from: src}}\n", ""},
		"config-removed":     {oldConfig + "release-1.2}" + onlyUnit, ""},
		"variant-removed":    {oldConfig + "main, variant: okd}" + onlyUnit, ""},
		"made-private":       {"images:", "prowgen: {private: true}\nimages:"},
		"promotion-disabled": {`name: "4.21"}`, `name: "4.21", disabled: true}`},
		"promotion-removed":  {"promotion: {to: [{namespace: ocp, name: \"4.21\"}]}\n", ""},
		"cron-changed":       {"0 4 * * *", "0 5 * * *"},
		"shards":             {"{as: unit,", "{as: unit, shard_count: 2,"},
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			before := inPlace(t, string(base))
			edited := strings.Replace(string(base), edit.old, edit.with, 1)
			if edited == string(base) {
				t.Fatalf("the base has no %q", edit.old)
			}
			fresh, err := bareGenerator(t).Jobs(parseConfigs(t, edited))
			if err != nil {
				t.Fatal(err)
			}
			after := merge(t, before, fresh)
			golden.Equal(t, changes(contents(before), contents(after)), "testdata/edits/"+name+".diff")
			if diff := cmp.Diff(contents(after), contents(merge(t, after, fresh))); diff != "" {
				t.Errorf("the second merge changes something (-first +second):\n%s", diff)
			}
		})
	}
}

// inPlace are the job files of configurations, with a cluster and a limit for
// each job and one job by hand.
func inPlace(t *testing.T, configs string) []generators.File {
	t.Helper()
	files, err := bareGenerator(t).Jobs(parseConfigs(t, configs))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, job := range file.Groups[0].Jobs {
			job.Cluster = "build02"
			if job.Kind != prowjobs.Postsubmit {
				job.MaxConcurrency = 3
			}
		}
	}
	byHand := []generators.File{{Path: presubmitsFile, Content: []byte("presubmits:\n  acme/widget:\n" + written)}}
	merged, unreadable := prowjobs.Merge(byHand, files)
	if len(unreadable) > 0 {
		t.Fatal(unreadable)
	}
	return render(t, merged)
}

// changes shows the lines that differ, below the path of each file.
func changes(before, after map[string]string) []byte {
	paths := map[string]bool{}
	for path := range before {
		paths[path] = true
	}
	for path := range after {
		paths[path] = true
	}
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if before[path] != after[path] {
			fmt.Fprintf(&b, "--- %s\n%s", path, lineDiff(lines(before[path]), lines(after[path])))
		}
	}
	return []byte(b.String())
}

func lines(text string) []string { return slices.Collect(strings.Lines(text)) }

// lineDiff shows removed and added lines by the longest common subsequence.
func lineDiff(a, b []string) string {
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := range slices.Backward(a) {
		for j := range slices.Backward(b) {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var out strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && longest[i+1][j] >= longest[i][j+1]:
			out.WriteString("-" + a[i])
			i++
		default:
			out.WriteString("+" + b[j])
			j++
		}
	}
	return out.String()
}
