package blockyaml

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// flow reads a sequence in brackets or a mapping in braces that ends on its
// line.
func (p *parser) flow() *yaml.Node {
	if p.depth++; p.depth > maxDepth {
		return p.decline()
	}
	defer func() { p.depth-- }()
	node, closing := p.node(yaml.SequenceNode, "!!seq"), byte(']')
	if p.text[p.pos] == '{' {
		node.Kind, node.Tag, closing = yaml.MappingNode, "!!map", '}'
	}
	node.Style = yaml.FlowStyle
	since := len(p.arena.open)
	p.pos++
	p.skipSpaces()
	for p.text[p.pos] != closing {
		if node.Kind == yaml.MappingNode {
			p.flowKey()
		}
		p.flowItem()
		if p.declined || p.text[p.pos] != ',' && p.text[p.pos] != closing {
			return p.decline()
		}
		if p.text[p.pos] == ',' {
			p.pos++
			p.skipSpaces()
		}
	}
	p.pos++
	node.Content = p.arena.content(since)
	return node
}

// flowKey reads a key with its ":" and the blanks after.
func (p *parser) flowKey() {
	p.flowItem()
	if p.declined || p.text[p.pos] != ':' || p.text[p.pos+1] != ' ' {
		p.decline()
		return
	}
	key := p.arena.open[len(p.arena.open)-1]
	if key.Kind != yaml.ScalarNode || len(key.Value) > maxKey || key.Value == "<<" {
		p.decline()
		return
	}
	p.pos++
	p.skipSpaces()
}

// flowItem reads an item, a key or a value, with the blanks after. What could
// be taken for more than a word is declined.
func (p *parser) flowItem() {
	if p.declined {
		return
	}
	var node *yaml.Node
	switch c := p.text[p.pos]; {
	case c == '[' || c == '{':
		node = p.flow()
	case c == '"' || c == '\'':
		line := p.line
		if node = p.quoted(p.column()); p.line != line {
			p.decline()
		}
	case p.atPlain():
		node = p.flowWord()
	default:
		p.decline()
	}
	if p.declined {
		return
	}
	p.skipSpaces()
	p.arena.open = append(p.arena.open, node)
}

// flowWord reads a plain scalar within a flow collection.
func (p *parser) flowWord() *yaml.Node {
	node := p.node(yaml.ScalarNode, "")
	end := strings.IndexAny(p.text[p.pos:], ",[]{}?:#'\"\t\n")
	node.Value = strings.TrimRight(p.text[p.pos:p.pos+end], " ")
	p.pos += end
	if strings.IndexByte(",]}:", p.text[p.pos]) < 0 {
		return p.decline()
	}
	return node
}
