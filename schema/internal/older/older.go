package older

import (
	"go.yaml.in/yaml/v3"
)

// Finding is an older form in a file.
type Finding struct {
	// Node is where it is.
	Node *yaml.Node
	// Path is the field, from the outside in; numbers are positions in lists.
	Path []any
	// Message says what was found, and what the form is today.
	Message string
	// Problem is why it cannot be read; 0 where it can.
	Problem Problem
}

// Problem is why a form cannot be read.
type Problem int

// The problems. Twice is a field that is given in today's form too, and Removed
// one for which there is no form today.
const (
	None Problem = iota
	Twice
	Removed
)

// Definitions that have older forms.
const (
	Config          = "Config"
	ClusterProfiles = "ClusterProfilesFile"
)

// Rewrite gives a document in today's form, and what was older in it. A
// document without older forms is given as it is.
func Rewrite(definition string, root *yaml.Node) (*yaml.Node, []Finding) {
	switch definition {
	case Config:
		return config(root)
	case Prowgen:
		return prowgen(root)
	case ClusterProfiles:
		return clusterProfiles(root)
	default:
		return root, nil
	}
}

// Names of fields, of today's and of older forms.
const (
	Images          = "images"
	Items           = "items"
	BuildIfAffected = "build_if_affected"
	BuildAffected   = "build_images_if_affected"
	Promotion       = "promotion"
	To              = "to"
	Profiles        = "cluster_profiles"
	Profile         = "profile"
	Name            = "name"
)

// IsTargetField says whether a field of promotion belongs to a single place:
// in the older form it stands beside the list of places.
func IsTargetField(name string) bool {
	switch name {
	case "namespace", "name", "tag", "tag_by_commit", "excluded_images", "additional_images", "disabled":
		return true
	}
	return false
}

// isTemplate says whether a test's field was a template of a cluster's
// installation. Nothing runs these any more.
func isTemplate(name string) bool {
	switch name {
	case "openshift_ansible", "openshift_ansible_src", "openshift_ansible_custom", "openshift_ansible_upgrade",
		"openshift_installer", "openshift_installer_src", "openshift_installer_upi", "openshift_installer_upi_src",
		"openshift_installer_console", "openshift_installer_custom_test_image":
		return true
	}
	return false
}

func config(root *yaml.Node) (*yaml.Node, []Finding) {
	if root.Kind != yaml.MappingNode {
		return root, nil
	}
	e := &editor{root: root}
	e.imageList()
	e.buildAffected()
	e.promotion()
	e.templates()
	return e.root, e.found
}

// editor changes a document. It copies what it changes.
type editor struct {
	root   *yaml.Node
	copied bool
	found  []Finding
}

func (e *editor) note(node *yaml.Node, message string, path ...any) {
	e.found = append(e.found, Finding{Node: node, Path: path, Message: message})
}

func (e *editor) fail(problem Problem, node *yaml.Node, message string, path ...any) {
	e.found = append(e.found, Finding{Node: node, Path: path, Message: message, Problem: problem})
}

// imageList puts a list of images where today's form has it.
func (e *editor) imageList() {
	key, value := Get(e.root, Images)
	if value == nil || Follow(value).Kind != yaml.SequenceNode {
		return
	}
	e.note(key, "the list of images is an older form (found images, want images.items)", Images)
	e.set(Images, Mapping(key, Scalar(key, Items), value))
}

// buildAffected moves the top-level field to the images.
func (e *editor) buildAffected() {
	key, value := Get(e.root, BuildAffected)
	if value == nil {
		return
	}
	e.note(key, "the field is an older form (found build_images_if_affected, want images.build_if_affected)", BuildAffected)
	own := Scalar(key, BuildIfAffected)
	_, images := Get(e.root, Images)
	switch {
	case images == nil:
		e.rename(BuildAffected, Images, Mapping(key, own, value))
		return
	case IsNull(images):
		e.set(Images, Mapping(key, own, value))
	case Follow(images).Kind == yaml.MappingNode:
		images = Follow(images)
		if again, _ := Get(images, BuildIfAffected); again != nil {
			e.fail(Twice, key, "the field is given twice, in an older and in today's form "+
				"(found build_images_if_affected and images.build_if_affected, want the latter alone)", BuildAffected)
			break
		}
		e.set(Images, With(images, append([]*yaml.Node{own, value}, images.Content...)))
	default:
		return // the value of images is wrong, and decoding it says so
	}
	e.drop(BuildAffected)
}

// promotion puts the one place that stands beside the others among them.
func (e *editor) promotion() {
	_, value := Get(e.root, Promotion)
	if value == nil || Follow(value).Kind != yaml.MappingNode {
		return
	}
	value = Follow(value)
	var rest []*yaml.Node
	var target *yaml.Node
	for i := 0; i+1 < len(value.Content); i += 2 {
		field, content := value.Content[i], value.Content[i+1]
		if !IsTargetField(field.Value) {
			rest = append(rest, field, content)
			continue
		}
		if target == nil {
			target = Mapping(field)
			rest = append(rest, Scalar(field, To), List(field, target))
		}
		target.Content = append(target.Content, field, content)
	}
	if target == nil {
		return
	}
	e.note(target.Content[0], "one place beside promotion.to is an older form (found promotion."+target.Content[0].Value+
		", want it in an item of promotion.to)", Promotion, target.Content[0].Value)
	changed := With(value, rest)
	if again, places := Get(value, To); again != nil && !IsNull(places) {
		if Follow(places).Kind != yaml.SequenceNode {
			return // its value is wrong, and decoding it says so
		}
		changed = With(value, without(rest, again))
		_, made := Get(changed, To)
		made.Content = append(made.Content, Follow(places).Content...)
	} else if again != nil {
		changed = With(value, without(rest, again))
	}
	e.set(Promotion, changed)
}

// templates are tests of a kind that is gone.
func (e *editor) templates() {
	_, tests := Get(e.root, "tests")
	if tests == nil || Follow(tests).Kind != yaml.SequenceNode {
		return
	}
	list := Follow(tests)
	var changed *yaml.Node
	for i, item := range list.Content {
		test := Follow(item)
		if test.Kind != yaml.MappingNode {
			continue
		}
		for j := 0; j+1 < len(test.Content); j += 2 {
			field := test.Content[j]
			if !isTemplate(field.Value) {
				continue
			}
			e.fail(Removed, field, "template tests are gone and have no new form "+
				"(found "+field.Value+", want steps with a workflow of the step registry)", "tests", i, field.Value)
			if changed == nil {
				changed = With(list, append([]*yaml.Node(nil), list.Content...))
			}
			changed.Content[i] = With(test, without(test.Content, field))
			break
		}
	}
	if changed != nil {
		e.set("tests", changed)
	}
}
