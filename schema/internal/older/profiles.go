package older

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// clusterProfiles puts a bare list of profiles below cluster_profiles, and
// calls their names so.
func clusterProfiles(root *yaml.Node) (*yaml.Node, []Finding) {
	e := &editor{root: root}
	list := root
	if root.Kind == yaml.SequenceNode {
		e.note(root, "the bare list of profiles is an older form (found a list, want it below cluster_profiles)")
		e.root, e.copied = Mapping(root, Scalar(root, Profiles), root), true
	} else {
		if root.Kind != yaml.MappingNode {
			return root, nil
		}
		if _, list = Get(root, Profiles); list == nil {
			return root, nil
		}
		if list = Follow(list); list.Kind != yaml.SequenceNode {
			return root, nil
		}
	}
	items := make([]*yaml.Node, 0, len(list.Content))
	for i, item := range list.Content {
		items = append(items, e.profile(i, item))
	}
	if !slices.Equal(items, list.Content) {
		e.set(Profiles, With(list, items))
	}
	return e.root, e.found
}

// profile gives a profile in today's form.
func (e *editor) profile(i int, item *yaml.Node) *yaml.Node {
	profile := Follow(item)
	if profile.Kind == yaml.ScalarNode && !IsNull(profile) {
		e.note(item, "a bare name is an older form (found "+profile.Value+", want name: "+profile.Value+")", Profiles, i)
		return Mapping(item, Scalar(item, Name), profile)
	}
	if profile.Kind != yaml.MappingNode {
		return item
	}
	key, _ := Get(profile, Profile)
	if key == nil {
		return item
	}
	if again, _ := Get(profile, Name); again != nil {
		e.fail(Twice, key, "the profile's name is given twice, in an older and in today's form "+
			"(found profile and name, want the latter alone)", Profiles, i, Profile)
		return With(profile, without(profile.Content, key))
	}
	e.note(key, "the field is an older form (found profile, want name)", Profiles, i, Profile)
	content := slices.Clone(profile.Content)
	content[slices.Index(content, key)] = Scalar(key, Name)
	return With(profile, content)
}
