package scaffold

import "fmt"

// Repository gives the files of a new release repository around a component, by
// path: all but the component's own.
func (c *Component) Repository() map[string][]byte {
	return map[string][]byte{
		"README.md":   fmt.Appendf(nil, readme, c.Metadata.Component()),
		"drover.yaml": []byte(settings),
		"core-services/prow/02_config/_config.yaml":  fmt.Appendf(nil, config+query, c.Metadata.Component()),
		"core-services/prow/02_config/_plugins.yaml": c.PluginsPart(),
	}
}

const readme = `# Release repository

What CI does is said here, and nowhere else. A change takes effect when it is merged.

    drover check       every mistake, with its line
    drover generate    bring the generated files up to date; commit them
    drover up          try all of it on this machine
    drover init        add a component, as %s was

* ci-operator/config: how each component is built and tested
* ci-operator/jobs: the Prow jobs, generated
* core-services/prow: Prow's configuration
* drover.yaml: what is published, and where
`

const settings = `# What Drover publishes, and where. "drover explain drover" says what else there is.
publish:
  - configMap: config
    files: [core-services/prow/02_config/_config.yaml]
    as: config.yaml
  - configMap: plugins
    files: [core-services/prow/02_config/_plugins.yaml]
    as: plugins.yaml
`

const config = `# Prow's own configuration.
log_level: info
pod_namespace: ci
prowjob_namespace: ci
tide:
  queries:
`
