package schema

import (
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Locate finds the line and column (from 1) of a field path in a file's YAML.
// Of a path that is only partly there it gives the last part that is. It reads
// the file anew each time: rules keep no positions, for problems are rare.
func Locate(data []byte, path string) (line, column int) {
	return NewLocator(data).Locate(path)
}

// Locator finds the places of many field paths in one file.
type Locator struct {
	root *yaml.Node
	// list is the file's list, where it is one, as it is written: a bare list of
	// some kinds is an older form of today's mapping, of others it is today's.
	list *yaml.Node
}

// NewLocator reads a file's YAML. In one that cannot be read every path is at
// the start.
func NewLocator(data []byte) *Locator {
	var document yaml.Node
	if yaml.Unmarshal(data, &document) != nil || len(document.Content) == 0 {
		return &Locator{}
	}
	root := document.Content[0]
	located := &Locator{root: todayForLocating(root)}
	if root.Kind == yaml.SequenceNode {
		located.list = root
	}
	return located
}

// Locate is as the function of that name.
func (l *Locator) Locate(path string) (line, column int) {
	node := l.root
	if l.list != nil && strings.HasPrefix(path, "[") {
		node = l.list
	}
	if node == nil {
		return 1, 1
	}
	line, column = node.Line, node.Column
	for _, part := range splitPath(path) {
		key, value := child(node, part)
		if value == nil {
			break
		}
		line, column, node = key.Line, key.Column, value
		for node.Kind == yaml.AliasNode {
			node = node.Alias
		}
	}
	return line, column
}

// child gives the key and value of one part of a path. An item of a list is
// its own key.
func child(node *yaml.Node, part string) (key, value *yaml.Node) {
	if index, err := strconv.Atoi(part); err == nil && node.Kind == yaml.SequenceNode {
		if index < len(node.Content) {
			return node.Content[index], node.Content[index]
		}
		return nil, nil
	}
	for i := 0; i+1 < len(node.Content) && node.Kind == yaml.MappingNode; i += 2 {
		if node.Content[i].Value == part {
			return node.Content[i], node.Content[i+1]
		}
	}
	return nil, nil
}

// NeedsQuotes says whether a name stands in a path as ["NAME"]: where it could
// not be told from the rest of the path, or would end the line.
func NeedsQuotes(name string) bool {
	return name == "" || strings.ContainsAny(name, ".[]\" ") || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// splitPath undoes [Problem].Path: a.b[2]["x.y"] is a, b, 2, x.y.
func splitPath(path string) []string {
	var parts []string
	for path != "" {
		switch {
		case path[0] == '.':
			path = path[1:]
		case strings.HasPrefix(path, `["`):
			quoted, err := strconv.QuotedPrefix(path[1:])
			if err != nil {
				return parts
			}
			name, _ := strconv.Unquote(quoted)
			parts = append(parts, name)
			path = strings.TrimPrefix(path[1+len(quoted):], "]")
		case path[0] == '[':
			index, rest, _ := strings.Cut(path[1:], "]")
			parts, path = append(parts, index), rest
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			parts, path = append(parts, path[:end]), path[end:]
		}
	}
	return parts
}
