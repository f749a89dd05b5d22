package render_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// watched is a tree that notes from which folders files are read.
type watched struct {
	repolayout.Tree

	mu   sync.Mutex
	read map[string]bool
}

func (w *watched) ReadFile(file string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read[path.Dir(file)] = true
	return w.Tree.ReadFile(file)
}

// TestAChangeRendersWhoDependsOnIt changes the sample, with its job files in place,
// and sees by which of these are read whose jobs are made anew.
func TestAChangeRendersWhoDependsOnIt(t *testing.T) {
	t.Parallel()
	const (
		registry     = "ci-operator/step-registry/"
		profiles     = registry + "cluster-profiles/cluster-profiles-config.yaml"
		workflow     = registry + "widget/e2e/widget-e2e-workflow.yaml"
		serverConfig = "ci-operator/config/acme/widget-server/acme-widget-server-main.yaml"
	)
	files := sample(t)
	server := string(files[serverConfig].Data)
	files[serverConfig].Data = []byte(strings.Replace(server, "    cluster_profile: aws\n    workflow: widget-e2e\n", "    workflow: widget-e2e\n", 1))
	given := string(files[workflow].Data)
	files[workflow].Data = []byte(strings.Replace(given, "  steps:\n", "  steps:\n    cluster_profile: aws\n", 1))
	base := testtree.Over(repolayout.FromFS(files))
	first := admit(t, base.Revision(), nil)
	all(t, maker(t, first.Repo), render.Components(first.Repo), func(made render.Made) {
		for _, file := range made.Files {
			base.Write(path.Join(first.Repo.Layout.Jobs, file.Path), file.Content)
		}
	})
	cases := map[string]struct{ file, from, to, want string }{
		"a quota":           {"core-services/boskos/quotas.yaml", "us-east-1: 12", "us-east-1: 13", ""},
		"a script":          {registry + "widget/e2e/widget-e2e-commands.sh", "\n", "\n# changed\n", ""},
		"a step":            {registry + "widget/e2e/widget-e2e-ref.yaml", "grace_period: 5m", "grace_period: 6m", ""},
		"a secret":          {profiles, "secret: cluster-secrets-aws\n", "secret: other\n", ""},
		"a new profile":     {profiles, "cluster_profiles:\n", "cluster_profiles:\n- {name: new, cluster_type: aws, secret: s}\n", ""},
		"a profile":         {profiles, "cluster_type: hypershift", "cluster_type: other", "acme/widget-operator"},
		"a profile of both": {profiles, "cluster_type: aws", "cluster_type: other", "acme/widget-operator acme/widget-server"},
		"a workflow":        {workflow, "cluster_profile: aws", "cluster_profile: gcp", "acme/widget-operator acme/widget-server"},
		"another's":         {registry + "ipi/ipi-workflow.yaml", "  steps:\n", "  steps:\n    cluster_profile: gcp\n", "acme/widget-operator"},
		"an image":          {serverConfig, "name: base\n", "name: other\n", "acme/widget-server"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := base.Revision()
			before := admit(t, tree.Revision(), nil)
			last := rendered(t, before, nil)
			content, err := tree.ReadFile(tc.file)
			if err != nil || !strings.Contains(string(content), tc.from) {
				t.Fatalf("%s does not say %q: %v", tc.file, tc.from, err)
			}
			tree.Write(tc.file, []byte(strings.Replace(string(content), tc.from, tc.to, 1)))
			seen := &watched{Tree: tree.Revision(), read: map[string]bool{}}
			next := admit(t, seen, before)
			clear(seen.read)
			again := rendered(t, next, last)
			var made []string
			for _, folder := range slices.Sorted(maps.Keys(seen.read)) {
				if component, isJob := strings.CutPrefix(folder, next.Repo.Layout.Jobs+"/"); isJob {
					made = append(made, component)
				}
			}
			if got := strings.Join(made, " "); got != tc.want {
				t.Errorf("the jobs of %q are made anew, want those of %q", got, tc.want)
			}
			if diff := cmp.Diff(everything(rendered(t, admit(t, tree.Revision(), nil), nil)), everything(again)); diff != "" {
				t.Errorf("-from nothing +again:\n%.2000s", diff)
			}
		})
	}
}
