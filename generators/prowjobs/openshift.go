package prowjobs

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/drover-ci/drover/schema"
)

//go:generate ../../bin/cue export ../../schema -e openshiftJobTemplate --force --outfile openshift_template_gen.json

//go:embed openshift_template_gen.json
var openshiftTemplate []byte

// OpenShift is OpenShift's job template, the default. The caller may change
// what it gets.
func OpenShift() (*schema.JobTemplate, error) {
	var template schema.JobTemplate
	if err := json.Unmarshal(openshiftTemplate, &template); err != nil {
		return nil, fmt.Errorf("read OpenShift's job template: %w", err)
	}
	return &template, nil
}
