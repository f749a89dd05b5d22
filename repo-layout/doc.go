// Package repolayout knows where things are in a release repository, and loads
// them.
//
// # The grammar of paths
//
// Paths are relative to the repository's root, with forward slashes. The
// folders are OpenShift's unless drover.yaml moves them (see [Layout]).
//
//	drover.yaml                                              settings
//	ci-operator/config/ORG/REPO/ORG-REPO-BRANCH.yaml         a configuration
//	ci-operator/config/ORG/REPO/ORG-REPO-BRANCH__VARIANT.yaml
//	ci-operator/config/ORG[/REPO]/.config.prowgen            options of jobs, an older form
//	ci-operator/step-registry/A/B/A-B-ref.yaml               a step; "as" is A-B
//	ci-operator/step-registry/A/B/A-B-commands[.EXT]         its commands
//	ci-operator/step-registry/A/B/A-B-{chain,workflow,observer}.yaml
//	ci-operator/step-registry/A/B/A-B-{ref,chain,workflow}.metadata.json
//	ci-operator/step-registry/cluster-profiles/cluster-profiles-config.yaml
//	ci-operator/jobs/…                                       Prow jobs
//	core-services/prow/02_config/{_config,_plugins}.yaml     Prow's configuration
//	core-services/prow/02_config/…/_prowconfig.yaml          parts of it, beside what
//	core-services/prow/02_config/…/_pluginconfig.yaml        they are for
//	.ci-operator.yaml                                        what the repository is built in
//	core-services/boskos/quotas.yaml                         quotas
//	core-services/sanitize-prow-jobs/_config.yaml            which job runs where
//	core-services/sanitize-prow-jobs/_clusters.yaml          the clusters that there are
//	core-services/cluster-claim-owners/_config.yaml          who may claim clusters from a pool
//
// A configuration's name repeats its organization and repository because
// files of all repositories end up side by side in one ConfigMap. A step's
// name repeats its folders because jobs refer to it by that name alone. Names
// that start with ".." are skipped: a mounted ConfigMap has such.
//
// # Loading
//
// [Load] reads a [Tree], be it a commit or a folder, into a [Repo]. Given the
// Repo of an earlier revision it reuses every folder and file whose content id
// is the same; the result is what loading from nothing gives.
//
// What other programs read is judged and not decoded: Prow's configuration, and
// jobs that people wrote. A file of generated jobs alone, in the folder of a
// component, is not even judged: it is made anew from the configurations, and only
// that says whether it is right.
//
// The package never says whether documents fit together (schema/rules does)
// and never writes. Links that lead out of the repository are problems and are
// never followed.
package repolayout
