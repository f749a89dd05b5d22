package render_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/generators/render"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// labelProblems are those of jobs of one component for each list of names.
func labelProblems(components ...[]string) []string {
	var labels render.Labels
	for i, names := range components {
		made := render.Made{Component: render.Component{Name: fmt.Sprintf("o/r%d", i)}, Jobs: []prowjobs.JobFile{{Groups: []prowjobs.Group{{}}}}}
		for _, name := range names {
			made.Jobs[0].Groups[0].Jobs = append(made.Jobs[0].Groups[0].Jobs, &prowjobs.Job{Name: name})
		}
		labels.Add(made.Component.Name, made.Names())
	}
	var texts []string
	for _, problem := range labels.Problems(repolayout.LayoutOf(&schema.Settings{})) {
		texts = append(texts, problem.String())
	}
	return texts
}

func TestLabelsAreCutAsProwCutsThem(t *testing.T) {
	long := strings.Repeat("x", 63)
	dashed := strings.Repeat("x", 60)
	cases := map[string]struct {
		names  []string
		labels int // that several have
	}{
		"63 letters stay":               {[]string{long, long[:62]}, 0},
		"64 are cut":                    {[]string{long, long + "y"}, 1},
		"what follows 63 does not help": {[]string{long + "y", long + "z"}, 1},
		"what stands before does":       {[]string{long[:62] + "yz", long[:62] + "zz"}, 0},
		"the end is trimmed":            {[]string{dashed, dashed + "._-y"}, 1},
		"but only if it was cut":        {[]string{dashed, dashed + "._-"}, 0},
		"one job in two places":         {[]string{long + "y", long + "y"}, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			together := labelProblems(tc.names)
			apart := labelProblems(tc.names[:1], tc.names[1:])
			if len(together) != tc.labels || len(apart) != tc.labels {
				t.Errorf("got %q and %q, want %d", together, apart, tc.labels)
			}
		})
	}
}

func TestManyJobsOfALabelAreCounted(t *testing.T) {
	stem := strings.Repeat("x", 63)
	got := labelProblems([]string{stem + "1", stem + "3", stem + "5", stem + "4", stem + "2"})
	if len(got) != 1 || !strings.Contains(got[0], "Prow labels 5 jobs alike") || !strings.Contains(got[0], stem+"3, and 2 more, want") {
		t.Errorf("got %q", got)
	}
}

func TestManyLabelsAreOneProblem(t *testing.T) {
	var names []string
	for i := range 11 {
		stem := fmt.Sprintf("%02d%s", i, strings.Repeat("x", 61))
		names = append(names, stem+"-b", stem+"-a", stem+"-c")
	}
	names = append(names, "short")
	if got := labelProblems(names[:30]); len(got) != 10 {
		t.Errorf("got %d problems of ten labels", len(got))
	}
	stem := "00" + strings.Repeat("x", 61)
	want := []string{"ci-operator/config: warning: Prow labels 33 of 34 jobs as others (found 11 labels that several have, such as " +
		"prow.k8s.io/job=" + stem + " for " + stem + "-a, " + stem + "-b, " + stem + "-c, want names that differ in their first 63 letters) [job-label]"}
	slices.Reverse(names) // the order does not matter
	if diff := cmp.Diff(want, labelProblems(names)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
