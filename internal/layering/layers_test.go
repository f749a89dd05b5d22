package layering

import (
	"os"
	"testing"
)

// layers is the house, from the ground up: a package imports only what stands above it in this list.
func layers() *Table {
	return &Table{
		Module: "github.com/drover-ci/drover",
		Packages: map[string]Row{
			"docs":          {},
			"fixtures":      {},
			"internal/memo": {},

			"internal/workers": {},

			"internal/longlist": {},

			"internal/blockyaml": {},

			"internal/gitobjects": {},

			"schema": {Imports: []string{
				"internal/blockyaml", "schema/internal/older", "schema/internal/shape",
			}},
			"schema/internal/older":    {},
			"schema/internal/shape":    {},
			"schema/internal/shapegen": {Imports: []string{"schema/internal/shape"}},

			"schema/internal/jsonschemagen": {Imports: []string{"schema", "schema/internal/shape"}},
			"schema/migrate":                {Imports: []string{"schema", "schema/internal/older"}},

			"repo-layout": {Imports: []string{"internal/longlist", "internal/memo", "internal/workers", "schema"}},
			"resolver": {
				Imports: []string{"internal/longlist", "internal/memo", "internal/workers", "resolver/dependents", "schema"}, Tests: []string{"repo-layout"},
			},
			"resolver/dependents": {Imports: []string{"schema"}},
			"schema/rules":        {Imports: []string{"internal/longlist", "internal/memo", "internal/workers", "repo-layout", "resolver", "schema"}},
			"resolver/httpapi":    {Imports: []string{"repo-layout", "resolver", "schema", "schema/rules"}},

			"resolver/imagestreams": {Imports: []string{"resolver/httpapi"}, Tests: []string{"resolver"}},

			// No generator knows another: render, which runs them all, does.
			"generators":            {Imports: []string{"schema"}},
			"generators/yamlwriter": {},
			"generators/boskos":     generator(),
			"generators/configmaps": generator(),
			"generators/dispatch":   generator(),
			"generators/manifests":  generator(),
			"generators/metadata":   generator(),
			"generators/prowjobs":   generator("generators/yamlwriter", "internal/blockyaml"),
			"generators/render": {
				Imports: generator("generators/boskos", "generators/configmaps", "generators/dispatch",
					"generators/manifests", "generators/prowjobs", "internal/longlist").Imports,
				Tests: []string{"generators/metadata"},
			},

			"reconciler/configrepo": {Imports: []string{"schema"}},
			"reconciler/gitsource":  {Imports: []string{"internal/gitobjects", "repo-layout", "schema"}},
			"reconciler/apply":      {Imports: []string{"generators", "schema"}},
			"reconciler": {Imports: []string{
				"generators", "generators/render", "repo-layout", "schema", "schema/rules",
				"reconciler/apply", "reconciler/gitsource", // the results that its interfaces speak of
			}},
			"reconciler/metrics": {
				Imports: []string{"reconciler", "reconciler/apply"}, Tests: []string{"reconciler/gitsource", "schema"},
			},

			"leases":         {Imports: []string{"schema"}},
			"leases/client":  {Imports: []string{"leases"}, Tests: []string{"leases/httpapi"}},
			"leases/httpapi": {Imports: []string{"leases", "leases/server", "schema"}},
			"leases/janitor": {Imports: []string{"leases", "schema"}},
			"leases/page":    {Imports: []string{"leases"}},
			"leases/reaper":  {Imports: []string{"leases"}},
			"leases/server":  {Imports: []string{"leases"}, Tests: []string{"schema"}},
			"leases/source":  {Imports: []string{"leases"}},
			"leases/store":   {Imports: []string{"leases"}},

			"web": {Imports: []string{
				"generators/prowjobs", "generators/render", "internal/longlist", "reconciler", "reconciler/gitsource",
				"repo-layout", "resolver", "resolver/dependents", "schema", "schema/rules",
			}, Tests: []string{"generators", "leases", "leases/page", "reconciler/apply"}},

			// Where concrete types meet.
			"cmd/drover":     {Imports: []string{Any}},
			"integration":    {Imports: []string{Any}},
			"internal/bench": {Imports: []string{Any}},

			"internal/badrepo":      {},
			"internal/controlplane": {},
			"internal/corpus":       {},
			"internal/golden":       {},
			"internal/layering":     {},
			"internal/testcluster":  {Imports: []string{"internal/controlplane"}},
			"internal/scaffold":     {Imports: []string{"schema"}},
			"internal/testgit":      {},
			"internal/testtree":     {Imports: []string{"repo-layout"}},
			"internal/testleases": {Imports: []string{
				"internal/testcluster", "leases", "leases/httpapi", "leases/server", "leases/store",
			}},
		},
		Tests: []string{
			"fixtures", "internal/badrepo", "internal/corpus", "internal/golden", "internal/testcluster", "internal/testgit",
			"internal/testleases", "internal/testtree",
		},
		Libraries: map[string]Library{
			// The release repository and its history.
			"github.com/go-git":            {Users: []string{"reconciler/gitsource"}, Tests: true},
			"github.com/fsnotify/fsnotify": {Users: []string{"reconciler/gitsource"}},

			// The shape of files.
			"cuelang.org/go": {Users: []string{"schema"}},

			// Clusters. Generators make plain objects and meet no client.
			"k8s.io":                         {Users: cluster(), Tests: true},
			"k8s.io/apimachinery":            {Users: append(cluster(), "generators"), Tests: true},
			"sigs.k8s.io/controller-runtime": {Users: cluster(), Tests: true},
			"sigs.k8s.io/cli-utils":          {Users: cluster()},
			"github.com/fluxcd":              {Users: cluster()},
			"github.com/openshift/client-go": {Users: []string{"resolver/imagestreams"}},
			"github.com/openshift/api":       {Users: []string{"resolver/imagestreams"}},
			"sigs.k8s.io/kustomize":          {Users: []string{"generators/manifests"}, Tests: true},

			// Nobody's: too heavy, or a second way to do what is done one way here.
			"k8s.io/kubernetes":           {}, // localcluster has it, in a module of its own
			"sigs.k8s.io/boskos":          {}, // its API is ours to serve
			"sigs.k8s.io/prow":            {}, // 486 packages for the job type alone
			"github.com/sirupsen/logrus":  {}, // logs are log/slog's
			"github.com/stretchr/testify": {}, // tests compare with go-cmp
		},
	}
}

// generator is the row of a package that makes artifacts of an admitted repository. None knows where they go.
func generator(more ...string) Row {
	return Row{
		Imports: append(more, "generators", "internal/memo", "internal/workers", "repo-layout", "resolver", "schema", "schema/rules"),
	}
}

// cluster lists the packages that talk to clusters.
func cluster() []string {
	return []string{
		"reconciler/apply", "reconciler/configrepo", "resolver/imagestreams", "leases", "cmd/drover", "integration",
		"internal/testcluster", "internal/bench",
	}
}

func TestLayers(t *testing.T) {
	problems, err := layers().Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}

	for _, problem := range problems {
		t.Error(problem)
	}
}
