package resolver

import (
	"encoding/binary"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// overrides are the values that a test, with its workflow, or a chain puts in
// the place of its steps' own.
type overrides struct {
	env          map[string]string
	dependencies map[string]string
	dns          *schema.DNSConfig
	architecture *schema.NodeArchitecture
	// architectures are for single steps, by name, and win over architecture.
	architectures map[string]schema.NodeArchitecture
}

// chainOverrides are a chain's values. A parameter that the chain lists without
// a value overrides nothing.
func chainOverrides(chain *schema.RegistryChain) *overrides {
	values := &overrides{env: make(map[string]string, len(chain.Environment))}
	for _, parameter := range chain.Environment {
		if parameter.Default != nil {
			values.env[parameter.Name] = *parameter.Default
		}
	}
	return values
}

// concern says whether anything in an expansion can be affected.
func (o *overrides) concern(e *expansion) bool {
	if o.dns != nil || o.architecture != nil || len(o.architectures) > 0 {
		return true
	}
	for name := range o.env {
		if e.parameters[name] {
			return true
		}
	}
	for name := range o.dependencies {
		if e.dependencies[name] {
			return true
		}
	}
	return false
}

// architectureFor is the architecture that a step gets, nil for its own.
func (o *overrides) architectureFor(step string) *schema.NodeArchitecture {
	if architecture, ok := o.architectures[step]; ok {
		return &architecture
	}
	return o.architecture
}

// appendChanges describes what the overrides change in a step, for use as a
// key: equal changes to the same step, and only they, give equal bytes. A step
// that stays as it is adds nothing.
func (o *overrides) appendChanges(key []byte, step *schema.LiteralTestStep) []byte {
	for i := range step.Environment {
		if value, ok := o.env[step.Environment[i].Name]; ok && !is(step.Environment[i].Default, value) {
			key = appendChange(key, 'e', i, value)
		}
	}
	for i := range step.Dependencies {
		if value, ok := o.dependencies[step.Dependencies[i].Env]; ok && value != step.Dependencies[i].Name {
			key = appendChange(key, 'd', i, value)
		}
	}
	if o.dns != nil {
		for i, server := range o.dns.Nameservers {
			key = appendChange(key, 'n', i, server)
		}
		for i, search := range o.dns.Searches {
			key = appendChange(key, 's', i, search)
		}
		key = append(key, 'o')
	}
	if architecture := o.architectureFor(step.As); architecture != nil && !is(step.NodeArchitecture, *architecture) {
		key = appendChange(key, 'a', 0, string(*architecture))
	}
	return key
}

func appendChange(key []byte, what byte, index int, value string) []byte {
	key = append(key, what)
	key = binary.AppendVarint(key, int64(index))
	key = binary.AppendVarint(key, int64(len(value)))
	return append(key, value...)
}

// apply gives the step with the overrides' values. What it changes is copied
// before.
func (o *overrides) apply(step schema.LiteralTestStep) schema.LiteralTestStep {
	step.Environment = slices.Clone(step.Environment)
	for i := range step.Environment {
		if value, ok := o.env[step.Environment[i].Name]; ok {
			step.Environment[i].Default = &value
		}
	}
	step.Dependencies = slices.Clone(step.Dependencies)
	for i := range step.Dependencies {
		if value, ok := o.dependencies[step.Dependencies[i].Env]; ok {
			step.Dependencies[i].Name = value
		}
	}
	if o.dns != nil {
		step.DNSConfig = o.dns
	}
	if architecture := o.architectureFor(step.As); architecture != nil {
		step.NodeArchitecture = architecture
	}
	return step
}

func is[T comparable](pointer *T, value T) bool { return pointer != nil && *pointer == value }
