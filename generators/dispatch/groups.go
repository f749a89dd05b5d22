package dispatch

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// groups are the jobs that belong on a cluster by name, and the files that do
// by path.
type groups struct {
	jobs  map[string]string
	paths []pathGroup
}

// pathGroup sends the files that an expression finds to a cluster.
type pathGroup struct {
	cluster    string
	expression *regexp.Regexp
}

func newGroups(declared map[string]schema.DispatchGroup, found report) groups {
	var g groups
	jobs := newClaims("a job is listed for two clusters", found)
	for _, cluster := range slices.Sorted(maps.Keys(declared)) {
		at := field("groups", cluster)
		for i, job := range declared[cluster].Jobs {
			jobs.add(job, cluster, item(field(at, "jobs"), i))
		}
		for i, pattern := range declared[cluster].Paths {
			expression, err := regexp.Compile(pattern)
			if err != nil {
				found(item(field(at, "paths"), i), RulePattern, fmt.Sprintf("the text is no regular expression (found %q, want one that can be read: %s)", pattern,
					strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
				continue
			}
			g.paths = append(g.paths, pathGroup{cluster: cluster, expression: expression})
		}
	}
	g.jobs = jobs.byThing()
	return g
}

// byPath is the cluster of a file.
func (g groups) byPath(file string) (string, error) {
	var first pathGroup
	for _, group := range g.paths {
		if group.cluster == first.cluster || !group.expression.MatchString(file) {
			continue
		}
		if first.cluster != "" {
			return "", fmt.Errorf("the file is in the groups of two clusters (found it by %q for %s and by %q for %s, want it in one)",
				first.expression, first.cluster, group.expression, group.cluster)
		}
		first = group
	}
	return first.cluster, nil
}

// fileLists gives the cluster in the build farm of each listed file.
func fileLists(buildFarm map[string]map[string]schema.FarmFiles, found report) map[string]string {
	files := newClaims("a file is listed for two clusters", found)
	for _, cloud := range slices.Sorted(maps.Keys(buildFarm)) {
		for _, cluster := range slices.Sorted(maps.Keys(buildFarm[cloud])) {
			at := field(field(field("buildFarm", cloud), cluster), "filenames")
			for i, file := range buildFarm[cloud][cluster].Filenames {
				files.add(file, cluster, item(at, i))
			}
		}
	}
	return files.byThing()
}
