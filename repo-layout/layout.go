package repolayout

import (
	"cmp"

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
		Config:   cmp.Or(paths.Config, "ci-operator/config"),
		Registry: cmp.Or(paths.Registry, "ci-operator/step-registry"),
		Jobs:     cmp.Or(paths.Jobs, "ci-operator/jobs"),
		Quotas:   cmp.Or(paths.Quotas, "core-services/boskos/quotas.yaml"),
		Boskos:   cmp.Or(paths.Boskos, "core-services/prow/02_config/_boskos.yaml"),
		Prow:     cmp.Or(paths.Prow, "core-services/prow/02_config/_config.yaml"),
		Dispatch: cmp.Or(paths.Dispatch, "core-services/sanitize-prow-jobs/_config.yaml"),
		Clusters: cmp.Or(paths.Clusters, "core-services/sanitize-prow-jobs/_clusters.yaml"),
		Plugins:  cmp.Or(paths.Plugins, "core-services/prow/02_config/_plugins.yaml"),

		ClaimOwners: cmp.Or(paths.ClaimOwners, "core-services/cluster-claim-owners/_config.yaml"),
	}
}
