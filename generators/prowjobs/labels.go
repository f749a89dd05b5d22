package prowjobs

// Labels that other tools look for. What only the job's own pods need is in the
// template.
const (
	labelGenerator         = "ci.openshift.io/generator"
	labelNoBuilds          = "ci.openshift.io/no-builds"
	labelRehearsable       = "pj-rehearse.openshift.io/can-be-rehearsed"
	labelCloud             = "ci-operator.openshift.io/cloud"
	labelClusterProfile    = "ci-operator.openshift.io/cloud-cluster-profile"
	labelCluster           = "ci-operator.openshift.io/cluster"
	labelReleaseController = "ci-operator.openshift.io/release-controller"
	labelRelease           = "job-release"
	labelKVM               = "devices.kubevirt.io/kvm"
	labelCapability        = "capability/"

	generatorName = "prowgen"
)

// Annotations by which the pipeline controller knows when to start a job.
const (
	annotationRunIfChanged      = "pipeline_run_if_changed"
	annotationSkipIfOnlyChanged = "pipeline_skip_if_only_changed"
)
