package resolver

import (
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// renamer gives the names of one configuration's images new ones, so that they
// can stand beside another's.
type renamer struct {
	suffix string
	// own says which names are the configuration's.
	own func(name string) bool
}

// refOf is how a merged configuration names a repository.
func refOf(m schema.Metadata) string { return m.Org + "." + m.Repo }

func (r renamer) name(name string) string {
	if name != "" && r.own(name) {
		return name + r.suffix
	}
	return name
}

// dependency renames what a step depends on: an image of the pipeline, with or
// without saying so.
func (r renamer) dependency(name string) string {
	if image, ok := strings.CutPrefix(name, "pipeline:"); ok {
		return "pipeline:" + r.name(image)
	}
	return r.name(name)
}

func (r renamer) steps(steps []schema.LiteralTestStep) []schema.LiteralTestStep {
	renamed := slices.Clone(steps)
	for i := range renamed {
		step := &renamed[i]
		step.From = r.name(step.From)
		step.Dependencies = slices.Clone(step.Dependencies)
		for j := range step.Dependencies {
			step.Dependencies[j].Name = r.dependency(step.Dependencies[j].Name)
		}
	}
	return renamed
}

func (r renamer) observers(observers []schema.Observer) []schema.Observer {
	renamed := slices.Clone(observers)
	for i := range renamed {
		renamed[i].From = r.name(renamed[i].From)
	}
	return renamed
}

func (r renamer) inputs(inputs map[string]schema.ImageBuildInputs) map[string]schema.ImageBuildInputs {
	return keysRenamed(inputs, r.name)
}

func keysRenamed[V any](values map[string]V, name func(string) string) map[string]V {
	if values == nil {
		return nil
	}
	renamed := make(map[string]V, len(values))
	for key, value := range values {
		renamed[name(key)] = value
	}
	return renamed
}
