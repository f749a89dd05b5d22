package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/schema/internal/older"
)

// clusterProfiles names the list, and calls each profile's name so.
func (d *document) clusterProfiles() error {
	list := d.root
	if d.root.Kind == yaml.MappingNode {
		if _, list = older.Get(d.root, older.Profiles); list == nil {
			return nil
		}
	}
	for _, item := range slices.Backward(older.Follow(list).Content) {
		d.profile(item)
	}
	if d.root.Kind == yaml.SequenceNode {
		line := d.root.Line - 1
		if d.root.Style&yaml.FlowStyle != 0 {
			d.insert(d.root, older.Profiles+": ")
		} else {
			d.replace(line, line, older.Profiles+":"+d.end)
		}
	}
	return d.reparse()
}

func (d *document) profile(item *yaml.Node) {
	switch item.Kind {
	case yaml.ScalarNode:
		if !older.IsNull(item) {
			d.insert(item, older.Name+": ")
		}
	case yaml.MappingNode:
		key, _ := older.Get(item, older.Profile)
		if key == nil {
			return
		}
		before, after := d.at(key)
		d.lines[key.Line-1] = before + strings.Replace(after, older.Profile, older.Name, 1)
	default: // decoding it says what is wrong with it
	}
}

// insert puts text in front of a node.
func (d *document) insert(node *yaml.Node, text string) {
	before, after := d.at(node)
	d.lines[node.Line-1] = before + text + after
}

// at parts a node's line in front of it. Columns count characters.
func (d *document) at(node *yaml.Node) (before, after string) {
	line := []rune(d.lines[node.Line-1])
	at := min(node.Column-1, len(line))
	return string(line[:at]), string(line[at:])
}
