package prowjobs

import "github.com/drover-ci/drover/schema"

// addBundles makes the jobs that build operator bundles: one for each that has
// a name, and one for all others together.
func (m *maker) addBundles() {
	if m.config.Operator == nil || m.options.SkipOperatorPresubmits {
		return
	}
	unnamed := false
	for i := range m.config.Operator.Bundles {
		bundle := &m.config.Operator.Bundles[i]
		if bundle.As == "" {
			unnamed = true
			continue
		}
		m.addBundle(bundle)
	}
	if unnamed {
		job := m.presubmit(schema.IndexImage, condition{}, m.targetParts([]string{schema.IndexImage}))
		allowRehearsal(job)
	}
}

func (m *maker) addBundle(bundle *schema.Bundle) {
	name := bundle.JobTarget()
	target := name
	if bundle.SkipBuildingIndex {
		target = bundle.As
	}
	when := condition{
		runIfChanged:      bundle.RunIfChanged,
		skipIfOnlyChanged: bundle.SkipIfOnlyChanged,
		optional:          bundle.Optional,
	}
	job := m.presubmit(name, when, m.targetParts([]string{target}))
	allowRehearsal(job)
	labelCapabilities(job, bundle.Capabilities)
}
