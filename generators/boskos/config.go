package boskos

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/schema"
)

// Config is Boskos's configuration.
type Config struct {
	// Resources are in the order of types.
	Resources []Resource `json:"resources"`
}

// Resource declares the leases of one type: static ones by name, or dynamic
// ones by number.
type Resource struct {
	// MaxCount and MinCount are how many dynamic leases there are.
	MaxCount *int `json:"max-count,omitempty"`
	MinCount *int `json:"min-count,omitempty"`
	// Names are the static leases.
	Names []string `json:"names,omitempty"`
	// State is the state that leases start in.
	State string `json:"state"`
	// Type is the lease type.
	Type string `json:"type"`
}

// initialState is the state of a lease that nobody holds.
const initialState = "free"

// onDemand is the slice that declares dynamic leases when it is a type's only
// one.
const onDemand = "default"

// New makes the configuration that the quotas say.
func New(quotas *schema.QuotasFile) Config {
	config := Config{Resources: []Resource{}}
	for _, leaseType := range slices.Sorted(maps.Keys(quotas.Quotas)) {
		config.Resources = append(config.Resources, newResource(leaseType, quotas.Quotas[leaseType]))
	}
	return config
}

func newResource(leaseType string, quota schema.Quota) Resource {
	resource := Resource{State: initialState, Type: leaseType}
	if count, ok := quota[onDemand]; ok && len(quota) == 1 {
		resource.MaxCount, resource.MinCount = &count, &count
		return resource
	}
	for _, slice := range slices.Sorted(maps.Keys(quota)) {
		resource.Names = append(resource.Names, names(leaseType, slice, quota[slice])...)
	}
	return resource
}

// names are the leases of one slice.
func names(leaseType, slice string, count int) []string {
	if count == 1 {
		return []string{slice}
	}
	digits := len(strconv.Itoa(count - 1))
	all := make([]string, 0, count)
	for i := range count {
		all = append(all, fmt.Sprintf("%s--%s-%0*d", slice, leaseType, digits, i))
	}
	return all
}

// header stands above a file that is written for the first time.
const header = "# made by drover generate from the quotas; do not edit\n"

// Render gives the configuration as the file that people see in the
// repository. The comment at the top of the file as it is now is kept, so that
// a file which today's tools wrote does not change.
func (c Config) Render(now []byte) ([]byte, error) {
	body, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write the Boskos configuration: %w", err)
	}
	return append([]byte(leadingComment(now)), body...), nil
}

func leadingComment(now []byte) string {
	var comment strings.Builder
	for line := range bytes.Lines(now) {
		if !bytes.HasPrefix(line, []byte("#")) {
			break
		}
		comment.Write(line)
	}
	if comment.Len() == 0 {
		return header
	}
	return comment.String()
}
