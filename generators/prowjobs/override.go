package prowjobs

import (
	"cmp"
	"maps"

	"github.com/drover-ci/drover/schema"
)

// Override lays one template over another and changes neither: what over sets
// takes the place of what base has, name by name in parts and resources. An
// empty value under a name drops what base has there.
func Override(base, over *schema.JobTemplate) *schema.JobTemplate {
	if over == nil {
		return base
	}
	merged := *base
	setText(&merged.Image, over.Image)
	setText(&merged.ImagePullPolicy, over.ImagePullPolicy)
	setText(&merged.ServiceAccount, over.ServiceAccount)
	setList(&merged.Command, over.Command)
	setList(&merged.OfficialNamespaces, over.OfficialNamespaces)
	setList(&merged.LabelledNoBuilds, over.LabelledNoBuilds)
	merged.CloneToken = overrideToken(base.CloneToken, over.CloneToken)
	merged.Resources = overrideResources(base.Resources, over.Resources)
	merged.Parts = overrideParts(base.Parts, over.Parts)
	return &merged
}

func setText(to *string, from string) {
	if from != "" {
		*to = from
	}
}

func setList(to *[]string, from []string) {
	if from != nil {
		*to = from
	}
}

func overrideResources(base, over *schema.ResourceRequirements) *schema.ResourceRequirements {
	if base == nil || over == nil {
		return either(over, base)
	}
	return &schema.ResourceRequirements{
		Requests: overrideMap(base.Requests, over.Requests),
		Limits:   overrideMap(base.Limits, over.Limits),
	}
}

func overrideToken(base, over *schema.JobCloneToken) *schema.JobCloneToken {
	if base == nil || over == nil {
		return either(over, base)
	}
	return &schema.JobCloneToken{Name: cmp.Or(over.Name, base.Name), Key: cmp.Or(over.Key, base.Key)}
}

func overrideParts(base, over *schema.JobParts) *schema.JobParts {
	if base == nil || over == nil {
		return either(over, base)
	}
	return &schema.JobParts{
		All:             overridePart(base.All, over.All),
		Target:          overridePart(base.Target, over.Target),
		Test:            overridePart(base.Test, over.Test),
		Variant:         overridePart(base.Variant, over.Variant),
		Secret:          overridePart(base.Secret, over.Secret),
		MultiStage:      overridePart(base.MultiStage, over.MultiStage),
		Release:         overridePart(base.Release, over.Release),
		Claim:           overridePart(base.Claim, over.Claim),
		Shard:           overridePart(base.Shard, over.Shard),
		Promotion:       overridePart(base.Promotion, over.Promotion),
		Private:         overridePart(base.Private, over.Private),
		PrivateUncloned: overridePart(base.PrivateUncloned, over.PrivateUncloned),
		SecretsStore:    overridePart(base.SecretsStore, over.SecretsStore),
	}
}

func overridePart(base, over *schema.JobPart) *schema.JobPart {
	if base == nil || over == nil {
		return either(over, base)
	}
	return &schema.JobPart{
		Labels:  overrideMap(base.Labels, over.Labels),
		Args:    overrideMap(base.Args, over.Args),
		Env:     overrideMap(base.Env, over.Env),
		Ports:   overrideMap(base.Ports, over.Ports),
		Mounts:  overrideMap(base.Mounts, over.Mounts),
		Volumes: overrideMap(base.Volumes, over.Volumes),
	}
}

// overrideMap is the union of both, where over comes first.
func overrideMap[M ~map[string]V, V any](base, over M) M {
	merged := make(M, len(base)+len(over))
	maps.Copy(merged, base)
	maps.Copy(merged, over)
	return merged
}

// either is the first that is not nil.
func either[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}
