package resolver

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// imageSources finds the images from outside that those of a configuration come
// from: what a job builds, it builds from them. A release as a whole is none, but
// its single images are, where they come from an ImageStream.
type imageSources struct {
	config *schema.Config
	// known are the sources of the configuration's images by name. While those of
	// an image are looked for there are none, so that circles end.
	known map[string][]Component
	// names and tags are what the steps of a test name images by, each once: there
	// are few of them for many steps.
	names []string
	tags  []*schema.ImageStreamTagReference
}

// turnTo turns to another configuration.
func (s *imageSources) turnTo(config *schema.Config) {
	if s.config = config; s.known == nil {
		s.known = map[string][]Component{}
	}
	clear(s.known)
}

// appendOf adds the images that a test runs in or is given.
func (s *imageSources) appendOf(found []Component, test *schema.Test, steps *Steps) []Component {
	s.names, s.tags = s.names[:0], s.tags[:0]
	if test.Container != nil {
		s.note(test.Container.From, nil, nil)
	}
	eachPod(test, steps, s.note)
	for _, name := range s.names {
		found = append(found, s.sources(name)...)
	}
	for _, tag := range s.tags {
		found = append(found, imageComponent(*tag))
	}
	return found
}

// note notes what a step names images by.
func (s *imageSources) note(from string, image *schema.ImageStreamTagReference, dependencies []schema.StepDependency) {
	if image == nil {
		s.names = appendOnce(s.names, from)
	} else {
		s.tags = appendOnce(s.tags, image)
	}
	for i := range dependencies {
		s.names = appendOnce(s.names, dependencies[i].Name)
	}
}

func appendOnce[T comparable](list []T, value T) []T {
	if slices.Contains(list, value) {
		return list
	}
	return append(list, value)
}

// eachPod goes through the steps and observers of a test.
func eachPod(test *schema.Test, steps *Steps, do func(from string, image *schema.ImageStreamTagReference, dependencies []schema.StepDependency)) {
	if steps != nil {
		for _, phase := range [][]*Step{steps.Pre, steps.Test, steps.Post} {
			for _, step := range phase {
				do(step.literal.From, step.literal.FromImage, step.literal.Dependencies)
			}
		}
		for _, observer := range steps.Observers {
			do(observer.literal.From, observer.literal.FromImage, nil)
		}
	}
	if literal := test.LiteralSteps; literal != nil {
		for _, phase := range [][]schema.LiteralTestStep{literal.Pre, literal.Test, literal.Post} {
			for i := range phase {
				do(phase[i].From, phase[i].FromImage, phase[i].Dependencies)
			}
		}
	}
}

func imageComponent(image schema.ImageStreamTagReference) Component {
	return Component{KindImage, image.Namespace + "/" + image.Name + ":" + image.Tag}
}

// sources gives the sources of an image by the name that a step has for it: that of an
// image of the configuration, or of one of a release, as stable:cli, or by its tag
// alone.
func (s *imageSources) sources(name string) []Component {
	if known, ok := s.known[name]; ok {
		return known
	}
	s.known[name] = nil
	found := s.find(name)
	if len(found) > 1 { // each image on the way may double the ways to one source
		slices.SortFunc(found, func(a, b Component) int { return strings.Compare(a.Name, b.Name) })
		found = slices.Compact(found)
	}
	s.known[name] = found
	return found
}

func (s *imageSources) find(name string) []Component {
	stream, tag, explicit := strings.Cut(name, ":")
	switch {
	case name == "":
		return nil
	case !explicit:
		if found, made := s.made(name); made {
			return found
		}
		return s.ofRelease("latest", name)
	case stream == "pipeline":
		return s.sources(tag)
	case stream == "stable":
		return s.ofRelease("latest", tag)
	default:
		release, ok := strings.CutPrefix(stream, "stable-")
		if !ok {
			return nil
		}
		return s.ofRelease(release, tag)
	}
}

// ofRelease is an image of a release, where that comes from an ImageStream.
func (s *imageSources) ofRelease(release, tag string) []Component {
	stream := s.config.TagSpecification
	if stream == nil || release != "latest" && release != "initial" {
		stream = s.config.Releases[release].Integration
	}
	if stream == nil {
		return nil
	}
	return []Component{imageComponent(schema.ImageStreamTagReference{Namespace: stream.Namespace, Name: stream.Name, Tag: tag})}
}

// made gives the sources of an image that the configuration builds or imports.
func (s *imageSources) made(name string) (sources []Component, ok bool) {
	if image, ok := s.config.BaseImages[name]; ok {
		return []Component{imageComponent(image)}, true
	}
	if image, ok := s.config.BaseRPMImages[strings.TrimSuffix(name, "-without-rpms")]; ok {
		return []Component{imageComponent(image)}, true
	}
	if image, ok := s.config.ExternalImages[name]; ok {
		return []Component{{KindImage, image.Registry + "/" + image.Namespace + "/" + image.Name + ":" + image.Tag}}, true
	}
	switch {
	case name == "root":
		return s.root(), true
	case name == "src":
		return s.sources("root"), true
	case slices.Contains([]string{"bin", "test-bin", "rpms", "src-bundle"}, name),
		strings.HasPrefix(name, "ci-bundle"), strings.HasPrefix(name, "ci-index"):
		return s.sources("src"), true
	}
	return s.built(name)
}

func (s *imageSources) root() []Component {
	switch root := s.config.BuildRoot; {
	case root == nil:
		return nil
	case root.ImageStreamTag != nil:
		return []Component{imageComponent(*root.ImageStreamTag)}
	case root.ProjectImage != nil:
		return s.inputs(root.ProjectImage.Inputs)
	default:
		return nil
	}
}

// built gives the sources of an image that is built from the source: those of the
// source, of what it is built from, and of what is copied into it.
func (s *imageSources) built(name string) (sources []Component, ok bool) {
	if s.config.Images != nil {
		for i := range s.config.Images.Items {
			if image := &s.config.Images.Items[i]; image.To == name {
				sources = slices.Concat(s.sources("src"), s.inputs(image.Inputs))
				if image.From != "" {
					sources = append(sources, s.sources(image.From)...)
				}
				return sources, true
			}
		}
	}
	if s.config.Operator != nil {
		for i := range s.config.Operator.Bundles {
			if s.config.Operator.Bundles[i].As == name {
				return s.sources("src"), true
			}
		}
	}
	return nil, false
}

func (s *imageSources) inputs(inputs map[string]schema.ImageBuildInputs) []Component {
	var sources []Component
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		sources = append(sources, s.sources(name)...)
	}
	return sources
}

// sameImages says whether two steps run in the same image and are given the same.
func (s *Step) sameImages(other *Step) bool {
	a, b := &s.literal, &other.literal
	return s == other || a.From == b.From && sameImage(a.FromImage, b.FromImage) && slices.Equal(a.Dependencies, b.Dependencies)
}

// sameImages says whether two observers run in the same image.
func (o *Observer) sameImages(other *Observer) bool {
	a, b := &o.literal, &other.literal
	return o == other || a.Name == b.Name && a.From == b.From && sameImage(a.FromImage, b.FromImage)
}

func sameImage(a, b *schema.ImageStreamTagReference) bool {
	return a == b || a != nil && b != nil && *a == *b
}
