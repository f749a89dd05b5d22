package older

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Get finds a field of a mapping; nil where it has none.
func Get(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name && mapping.Content[i].Kind == yaml.ScalarNode {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

// Follow gives what an alias stands for, and every other node as it is.
func Follow(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// IsNull says whether a node is nothing: a name without a value.
func IsNull(node *yaml.Node) bool {
	if node.Kind != yaml.ScalarNode || node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return false
	}
	switch node.Value {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// Scalar is a name at another node's place.
func Scalar(at *yaml.Node, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Line: at.Line, Column: at.Column}
}

// Mapping is a mapping at another node's place.
func Mapping(at *yaml.Node, content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: content, Line: at.Line, Column: at.Column}
}

// List is a list at another node's place.
func List(at *yaml.Node, items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items, Line: at.Line, Column: at.Column}
}

// With is a copy of a collection with other content.
func With(collection *yaml.Node, content []*yaml.Node) *yaml.Node {
	changed := *collection
	changed.Content = content
	return &changed
}

// without leaves a field out of a mapping's content.
func without(content []*yaml.Node, key *yaml.Node) []*yaml.Node {
	at := slices.Index(content, key)
	return slices.Concat(content[:at], content[at+2:])
}

// set gives a field of the document another value.
func (e *editor) set(name string, value *yaml.Node) { e.rename(name, name, value) }

// rename gives a field of the document another name and value.
func (e *editor) rename(name, now string, value *yaml.Node) {
	e.own()
	key, old := Get(e.root, name)
	at := slices.Index(e.root.Content, key)
	if now != name {
		e.root.Content[at] = Scalar(key, now)
	}
	if old != value {
		e.root.Content[at+1] = value
	}
}

// drop takes a field out of the document.
func (e *editor) drop(name string) {
	e.own()
	key, _ := Get(e.root, name)
	e.root.Content = without(e.root.Content, key)
}

// own makes the document one that may be changed.
func (e *editor) own() {
	if !e.copied {
		e.root = With(e.root, slices.Clone(e.root.Content))
		e.copied = true
	}
}
