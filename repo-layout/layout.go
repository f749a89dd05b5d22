package repolayout

import (
	"io/fs"
	"path"

	"github.com/drover-ci/drover/schema"
)

// SettingsFile is where a repository keeps its settings, if it has any.
const SettingsFile = "drover.yaml"

// ComponentFile is where a repository that is a component itself says what it
// is built in.
const ComponentFile = ".ci-operator.yaml"

// Layout says where things are, relative to the repository's root.
type Layout struct {
	Config, Registry, Jobs        string
	Quotas, Boskos, Prow, Plugins string
	Dispatch, Clusters            string
	ClaimOwners                   string
}

// LayoutOf fills OpenShift's places in where the settings name none.
func LayoutOf(settings *schema.Settings) Layout {
	paths := settings.Paths
	return Layout{
		Config:   placed(paths.Config, "ci-operator/config"),
		Registry: placed(paths.Registry, "ci-operator/step-registry"),
		Jobs:     placed(paths.Jobs, "ci-operator/jobs"),
		Quotas:   placed(paths.Quotas, "core-services/boskos/quotas.yaml"),
		Boskos:   placed(paths.Boskos, "core-services/prow/02_config/_boskos.yaml"),
		Prow:     placed(paths.Prow, "core-services/prow/02_config/_config.yaml"),
		Dispatch: placed(paths.Dispatch, "core-services/sanitize-prow-jobs/_config.yaml"),
		Clusters: placed(paths.Clusters, "core-services/sanitize-prow-jobs/_clusters.yaml"),
		Plugins:  placed(paths.Plugins, "core-services/prow/02_config/_plugins.yaml"),

		ClaimOwners: placed(paths.ClaimOwners, "core-services/cluster-claim-owners/_config.yaml"),
	}
}

// placed is a path that the settings name, or another where they name none
// within the repository, which is a problem of theirs.
func placed(named, standard string) string {
	if named == "" || !isWithin(named) {
		return standard
	}
	return named
}

// isWithin says whether a path is one of the repository's.
func isWithin(name string) bool { return fs.ValidPath(path.Clean(name)) }
