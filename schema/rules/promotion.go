package rules

import (
	"maps"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Rules about where images are promoted to.
const (
	RulePromotionNamespace = "promotion-namespace"
	RulePromotionRelease   = "promotion-release"
	RulePromotionTwice     = "duplicate-promotion"
	RulePromotionImage     = "promotion-image"
	RuleRegistryOverride   = "registry-override"
	RulePromotionCollision = "promotion-collision"
)

// promotion: each target may be promoted to, and is there once.
func (c *configCheck) promotion() {
	promotion := c.config.Promotion
	if promotion == nil {
		return
	}
	if promotion.RegistryOverride != "" {
		c.reportf("promotion.registry_override", RuleRegistryOverride,
			"images are promoted to the one registry that jobs push to (found %q, want no registry_override)", promotion.RegistryOverride)
	}
	first := map[[3]string]int{}
	for i := range promotion.To {
		target := &promotion.To[i]
		field := item("promotion.to", i)
		c.target(field, target)
		place := [3]string{target.Namespace, target.Name, target.Tag}
		if before, again := first[place]; again {
			c.reportf(field, RulePromotionTwice, "the target is there already (found %s/%s, which %s has too, want it once)",
				target.Namespace, target.Name+target.Tag, item("promotion.to", before))
			continue
		}
		first[place] = i
	}
}

func (c *configCheck) target(field string, target *schema.PromotionTarget) {
	if matchesAny(c.world.protected, target.Namespace) {
		c.reportf(field+".namespace", RulePromotionNamespace,
			"images may not be promoted to a namespace of the system "+
				"(found %q, want another, or drover.yaml to leave it out of known.protectedNamespaces)", target.Namespace)
	}
	images := c.config.Images != nil && len(c.config.Images.Items) > 0
	if images && slices.Contains(c.world.official, target.Namespace) && !c.names.releases[latestRelease] {
		c.reportf(field+".namespace", RulePromotionRelease,
			"what becomes part of a release is tested in one (found %q without a release, want tag_specification or releases.latest)", target.Namespace)
	}
	for _, tag := range slices.Sorted(maps.Keys(target.AdditionalImages)) {
		if source := target.AdditionalImages[tag]; c.names.fields[source] == "" {
			c.reportf(key(field+".additional_images", tag), RulePromotionImage, "%s", c.names.unknown(source))
		}
	}
}

// promoted is an image at the place where it is promoted to.
type promoted struct {
	// tag is namespace/name:tag.
	tag string
	// field is of the target.
	field string
}

// promotedBy lists what a configuration promotes, in the order of its file.
func promotedBy(config *schema.Config) []promoted {
	if config.Promotion == nil {
		return nil
	}
	var all []promoted
	for i := range config.Promotion.To {
		target := &config.Promotion.To[i]
		if target.Disabled {
			continue
		}
		field := item("promotion.to", i)
		everything := slices.Contains(target.ExcludedImages, "*")
		if config.Images != nil && !everything {
			for j := range config.Images.Items {
				if name := config.Images.Items[j].To; name != "" && !slices.Contains(target.ExcludedImages, name) {
					all = append(all, promoted{placeOf(target, name), field})
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(target.AdditionalImages)) {
			all = append(all, promoted{placeOf(target, name), field})
		}
	}
	return all
}

// checkPromotions finds images of different configurations that are promoted
// to one place: whichever job ends last would win.
func checkPromotions(repo *repolayout.Repo) []schema.Problem {
	type source struct {
		doc   *ConfigDoc
		field string
	}
	first := map[string]source{}
	var problems []schema.Problem
	for doc := range repo.Configs.All() {
		for _, image := range promotedBy(doc.Value) {
			before, taken := first[image.tag]
			if !taken {
				first[image.tag] = source{doc, image.field}
				continue
			}
			if before.doc == doc {
				continue
			}
			c := &collector{file: doc.Path}
			c.alsof([]schema.Place{place(before.doc.Path, before.field)}, image.field, RulePromotionCollision,
				"another configuration promotes an image to the same place (found %s, which %s promotes too, want each image promoted by one)",
				image.tag, before.doc.Path)
			problems = append(problems, c.problems...)
		}
	}
	return problems
}

// placeOf is where a target puts an image: in its stream, or in the image's
// own under its tag.
func placeOf(target *schema.PromotionTarget, image string) string {
	if target.Name != "" {
		return target.Namespace + "/" + target.Name + ":" + image
	}
	return target.Namespace + "/" + image + ":" + target.Tag
}
