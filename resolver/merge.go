package resolver

import (
	"maps"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// Merge makes one configuration of several repositories', to build and test
// them together. Each one's images, base images and resources get the suffix
// -org.repo; build roots and build commands are listed by org.repo; releases
// come from the first that has any, and of the resources for all others ("*")
// the larger amounts are taken. Tests, promotion, operator bundles, raw steps
// and the options for generated jobs are left out; a test is added by [Inject].
// The metadata are the first's. The arguments are not changed.
func Merge(configs []*schema.Config) *schema.Config {
	merged := &schema.Config{
		BaseImages:     map[string]schema.ImageStreamTagReference{},
		BaseRPMImages:  map[string]schema.ImageStreamTagReference{},
		ExternalImages: map[string]schema.ExternalImage{},
		BuildRoots:     map[string]schema.BuildRoot{},
		Resources:      schema.ResourceConfiguration{},
	}
	for i, config := range configs {
		if i == 0 {
			merged.Metadata = config.Metadata
		}
		m := newMerger(merged, config)
		m.inputs()
		m.commands()
		m.images()
		m.resources()
		m.releases()
	}
	return merged
}

// merger adds one configuration to a merged one.
type merger struct {
	merged, config *schema.Config
	ref            string
	names          renamer
}

func newMerger(merged, config *schema.Config) merger {
	ref, own := refOf(config.Metadata), ownNames(config)
	names := renamer{suffix: "-" + ref, own: func(name string) bool { return own[name] }}
	return merger{merged: merged, config: config, ref: ref, names: names}
}

// ownNames are the images that a configuration has by name.
func ownNames(config *schema.Config) map[string]bool {
	own := map[string]bool{"root": true, "src": true, "bin": true, "test-bin": true, "rpms": true}
	for name := range config.BaseImages {
		own[name] = true
	}
	for name := range config.BaseRPMImages {
		own[name] = true
		own[name+"-without-rpms"] = true
	}
	for name := range config.ExternalImages {
		own[name] = true
	}
	if config.Images != nil {
		for _, image := range config.Images.Items {
			own[image.To] = true
		}
	}
	return own
}

func (m merger) inputs() {
	maps.Copy(m.merged.BaseImages, keysRenamed(m.config.BaseImages, m.names.name))
	maps.Copy(m.merged.BaseRPMImages, keysRenamed(m.config.BaseRPMImages, m.names.name))
	maps.Copy(m.merged.ExternalImages, keysRenamed(m.config.ExternalImages, m.names.name))
	if m.config.BuildRoot == nil {
		return
	}
	root := *m.config.BuildRoot
	if root.ProjectImage != nil {
		image := *root.ProjectImage
		image.Ref = m.ref
		image.Inputs = m.names.inputs(image.Inputs)
		root.ProjectImage = &image
	}
	m.merged.BuildRoots[m.ref] = root
}

func (m merger) commands() {
	add := func(list *[]schema.RefCommands, commands string) {
		if commands != "" {
			*list = append(*list, schema.RefCommands{Ref: m.ref, Commands: commands})
		}
	}
	add(&m.merged.BinaryBuildCommandsList, m.config.BinaryBuildCommands)
	add(&m.merged.TestBinaryBuildCommandsList, m.config.TestBinaryBuildCommands)
	add(&m.merged.RPMBuildCommandsList, m.config.RPMBuildCommands)
	if location := m.config.RPMBuildLocation; location != "" {
		list := &m.merged.RPMBuildLocationList
		*list = append(*list, schema.RefLocation{Ref: m.ref, Location: location})
	}
	if path := m.config.CanonicalGoRepository; path != nil {
		list := &m.merged.CanonicalGoRepositoryList
		*list = append(*list, schema.RefRepository{Ref: m.ref, Repository: *path})
	}
}

func (m merger) images() {
	if m.config.Images == nil {
		return
	}
	if m.merged.Images == nil {
		m.merged.Images = &schema.Images{}
	}
	for _, image := range m.config.Images.Items {
		image.From, image.To, image.Ref = m.names.name(image.From), m.names.name(image.To), m.ref
		image.Inputs = m.names.inputs(image.Inputs)
		m.merged.Images.Items = append(m.merged.Images.Items, image)
	}
}

func (m merger) resources() {
	for name, resources := range m.config.Resources {
		if name == "*" {
			all := m.merged.Resources["*"]
			all.Requests = larger(all.Requests, resources.Requests)
			all.Limits = larger(all.Limits, resources.Limits)
			m.merged.Resources["*"] = all
			continue
		}
		m.merged.Resources[name+m.names.suffix] = resources
	}
}

func (m merger) releases() {
	if len(m.merged.Releases) > 0 || m.merged.TagSpecification != nil {
		return
	}
	m.merged.Releases = maps.Clone(m.config.Releases)
	m.merged.TagSpecification = m.config.TagSpecification
}

// larger takes the larger amount of each resource.
func larger(a, b schema.ResourceList) schema.ResourceList {
	if len(a)+len(b) == 0 {
		return nil
	}
	result := maps.Clone(a)
	if result == nil {
		result = schema.ResourceList{}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if held, ok := result[name]; !ok || Quantity(b[name]) > Quantity(held) {
			result[name] = b[name]
		}
	}
	return result
}
