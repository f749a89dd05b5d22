package blockyaml

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// literal reads text after "|", which is kept as it is, or ">", whose lines
// are joined.
func (p *parser) literal(parent int) *yaml.Node {
	node := p.node(yaml.ScalarNode, "!!str")
	node.Style = yaml.LiteralStyle
	if p.text[p.pos] == '>' {
		node.Style = yaml.FoldedStyle
	}
	p.pos++
	chomp := p.text[p.pos]
	if chomp == '-' || chomp == '+' {
		p.pos++
	}
	if !p.lineIsOver() {
		return p.decline() // a width, most likely
	}
	p.pos += strings.IndexByte(p.text[p.pos:], '\n')
	p.newline()
	indent := p.literalIndent(parent)
	if indent < 0 {
		return p.decline()
	}
	var text strings.Builder
	breaks := p.literalLines(&text, indent, node.Style)
	if p.cut && p.ended() {
		if breaks--; breaks > 0 {
			return p.decline() // it ends in blanks, which is easily mistaken
		}
		chomp = '-'
	}
	switch {
	case chomp == '+':
		text.WriteString(strings.Repeat("\n", breaks))
	case chomp != '-' && text.Len() > 0:
		text.WriteByte('\n')
	}
	node.Value = text.String()
	p.toContent()
	return node
}

// literalIndent finds the column of the text: that of its first line that is
// not empty. It is -1 where an empty line before has more blanks, or where
// there is no text but empty lines.
func (p *parser) literalIndent(parent int) int {
	widest, start := 0, p.pos
	for i := start; ; i++ {
		if i == len(p.text) {
			return -1
		}
		switch p.text[i] {
		case ' ':
			continue
		case '\n':
			widest, start = max(widest, i-start), i+1
			continue
		}
		if column := i - start; column > parent && column >= widest && column > 0 && p.text[i] != '\t' {
			return column
		}
		return -1
	}
}

// literalLines reads the lines of the text and stands at the start of the line
// after them. The text has no line break at its end; breaks says how many
// there were.
func (p *parser) literalLines(text *strings.Builder, indent int, style yaml.Style) (breaks int) {
	wasBlank := false
	for !p.ended() {
		line := p.text[p.pos : p.pos+strings.IndexByte(p.text[p.pos:], '\n')]
		content, isText := strings.CutPrefix(line, spaces(indent))
		switch {
		case !isText && strings.Trim(line, " ") != "":
			return breaks
		case isText && content != "":
			blank := content[0] == ' ' || content[0] == '\t'
			if style == yaml.FoldedStyle && breaks > 0 && !blank && !wasBlank && text.Len() > 0 {
				fold(text, breaks)
			} else {
				text.WriteString(strings.Repeat("\n", breaks))
			}
			text.WriteString(content)
			breaks, wasBlank = 1, blank
		default:
			breaks++
		}
		p.pos += len(line)
		p.newline()
	}
	return breaks
}

// spaces gives so many spaces.
func spaces(count int) string {
	const many = "                                                                "
	if count <= len(many) {
		return many[:count]
	}
	return strings.Repeat(" ", count)
}
