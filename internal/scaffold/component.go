package scaffold

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/schema"
)

// Component is what there is to know of a new component repository.
type Component struct {
	// Metadata says which repository it is, and which branch.
	Metadata schema.Metadata
	// BuildRoot is the image to build in. Nil means that the repository's own
	// .ci-operator.yaml says it.
	BuildRoot *schema.ImageStreamTagReference
	// Tests are run in a container with the source.
	Tests []Test
	// Images are built from the source.
	Images []Image
	// Promote is where the images go after a merge; nil for nowhere.
	Promote *schema.PromotionTarget
	// Private says that the source is cloned with a token, and jobs are hidden.
	Private bool
}

// Test is a test of a component.
type Test struct {
	Name, Commands string
}

// Image is an image of a component. Without a Dockerfile it is built from the
// one at the root of the source.
type Image struct {
	Name, Dockerfile string
}

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// Validate says what is wrong with the answers, all of it.
func (c *Component) Validate() error {
	errs := []error{c.ValidateNames()}
	if len(c.Tests)+len(c.Images) == 0 {
		errs = append(errs, errors.New("there is nothing to do for the component (found no tests and no images, want at least one of them)"))
	}
	if c.Promote != nil && len(c.Images) == 0 {
		errs = append(errs, errors.New("there is nothing to promote (found no images, want at least one)"))
	}
	return errors.Join(errs...)
}

// ValidateNames finds what cannot be of what the component is called.
func (c *Component) ValidateNames() error {
	var errs []error
	for _, part := range []struct{ what, value string }{
		{"organization", c.Metadata.Org}, {"repository", c.Metadata.Repo},
	} {
		if !name.MatchString(part.value) {
			errs = append(errs, fmt.Errorf(`the %s cannot be so called (found %q, want letters, digits, "-", "_" and ".")`, part.what, part.value))
		}
	}
	if branch := c.Metadata.Branch; branch == "" || strings.ContainsAny(branch, " /\\:*?[") || strings.Contains(branch, "__") {
		errs = append(errs, fmt.Errorf(`the branch cannot be part of a file's name (found %q, want a name without "/" and "__")`, branch))
	}
	return errors.Join(errs...)
}

// Config is the component's configuration, as a file.
func (c *Component) Config() ([]byte, error) {
	config := schema.Config{
		Metadata:  c.Metadata,
		BuildRoot: &schema.BuildRoot{FromRepository: c.BuildRoot == nil, ImageStreamTag: c.BuildRoot},
		Resources: schema.ResourceConfiguration{"*": {
			Requests: schema.ResourceList{"cpu": "100m", "memory": "200Mi"},
			Limits:   schema.ResourceList{"memory": "4Gi"},
		}},
	}
	if c.Private {
		config.Prowgen = &schema.JobGeneration{Private: true}
	}
	for _, test := range c.Tests {
		config.Tests = append(config.Tests, schema.Test{
			As: test.Name, Commands: test.Commands, Container: &schema.ContainerTest{From: "src"},
		})
	}
	if len(c.Images) > 0 {
		config.Images = &schema.Images{}
	}
	for _, image := range c.Images {
		config.Images.Items = append(config.Images.Items, schema.Image{To: image.Name, DockerfilePath: image.Dockerfile})
	}
	if c.Promote != nil {
		config.Promotion = &schema.Promotion{To: []schema.PromotionTarget{*c.Promote}}
	}
	content, err := yaml.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("write the configuration of %s: %w", c.Metadata, err)
	}
	return content, nil
}
