package resolver

import (
	"fmt"
	"maps"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// Inject gives a configuration with a test of another one added, as a test of
// pull requests. The test keeps its steps; the images that the other one takes
// as base come along under names with the suffix -org.repo, and so do the
// releases that the configuration lacks and the test's own resources. A test of
// the same name is replaced. Neither argument is changed.
func Inject(base *schema.Config, source *Resolved, test string) (*schema.Config, error) {
	from := source.Config()
	position := slices.IndexFunc(from.Tests, func(t schema.Test) bool { return t.As == test })
	if position < 0 {
		return nil, fmt.Errorf("could not find test %s in config %s", test, from.Metadata)
	}
	names := injectedNames(base, from)
	result := *base
	result.BaseImages = merge(keysRenamed(from.BaseImages, names.name), base.BaseImages)
	result.Releases = releasesWith(base, from)
	if own, ok := from.Resources[test]; ok {
		result.Resources = merge(schema.ResourceConfiguration{test: own}, base.Resources)
	}
	result.Tests = slices.DeleteFunc(slices.Clone(base.Tests), func(t schema.Test) bool { return t.As == test })
	result.Tests = append(result.Tests, asPresubmit(from.Tests[position], names))
	return &result, nil
}

// injectedNames renames base images, and what the configuration has of the
// other's repository under its new name already, being merged from it.
func injectedNames(base, from *schema.Config) renamer {
	ref := refOf(from.Metadata)
	taken := map[string]bool{}
	for name := range from.BaseImages {
		taken[name] = true
	}
	if mergedFrom(base, ref) {
		for name := range ownNames(from) {
			taken[name] = true
		}
	}
	return renamer{suffix: "-" + ref, own: func(name string) bool { return taken[name] }}
}

// mergedFrom says whether a configuration is made of a repository's, among
// others.
func mergedFrom(config *schema.Config, ref string) bool {
	if _, ok := config.BuildRoots[ref]; ok {
		return true
	}
	isItsImage := func(image schema.Image) bool { return image.Ref == ref }
	return config.Images != nil && slices.ContainsFunc(config.Images.Items, isItsImage)
}

// releasesWith adds the other's releases, but none that the configuration has
// by that name or by its tag specification.
func releasesWith(base, from *schema.Config) map[string]schema.Release {
	more := maps.Clone(from.Releases)
	if base.TagSpecification != nil {
		delete(more, "initial")
		delete(more, "latest")
	}
	return merge(base.Releases, more)
}

func asPresubmit(test schema.Test, names renamer) schema.Test {
	test.Cron, test.Interval, test.MinimumInterval, test.Retry = nil, nil, nil, nil
	test.ReleaseController, test.Postsubmit, test.Presubmit = false, false, false
	if test.Container != nil {
		container := *test.Container
		container.From = names.name(container.From)
		test.Container = &container
	}
	if test.LiteralSteps != nil {
		steps := *test.LiteralSteps
		steps.Pre, steps.Test, steps.Post = names.steps(steps.Pre), names.steps(steps.Test), names.steps(steps.Post)
		steps.Observers = names.observers(steps.Observers)
		test.LiteralSteps = &steps
	}
	return test
}
