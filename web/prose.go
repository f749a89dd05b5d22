package web

import (
	"html/template"
	"regexp"
	"strings"
)

// prose makes paragraphs and lists of a documentation as people write it into
// YAML: plain text with now and then a dash, a backtick or an address.
func prose(text string) template.HTML {
	var b strings.Builder
	inList := false
	endList := func() {
		if inList {
			b.WriteString("</li></ul>")
		}
		inList = false
	}
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		open := false
		for line := range strings.SplitSeq(block, "\n") {
			line = strings.TrimSpace(line)
			item, isItem := listItem(line)
			switch {
			case isItem && inList:
				b.WriteString("</li><li>" + inline(item))
			case isItem:
				if open {
					b.WriteString("</p>")
				}
				b.WriteString("<ul><li>" + inline(item))
				open, inList = false, true
			case inList:
				b.WriteString(" " + inline(line))
			case line != "" && !open:
				b.WriteString("<p>" + inline(line))
				open = true
			case line != "":
				b.WriteString(" " + inline(line))
			}
		}
		if open {
			b.WriteString("</p>")
		}
		endList()
	}
	return template.HTML(b.String()) //nolint:gosec // inline escapes all text
}

func listItem(line string) (item string, ok bool) {
	for _, mark := range []string{"- ", "* "} {
		if item, ok = strings.CutPrefix(line, mark); ok {
			return item, true
		}
	}
	return line, false
}

var inlineMarks = regexp.MustCompile("`[^`]+`|https?://[^\\s<>\"'`)\\]]*[^\\s<>\"'`)\\].,;:!?]")

// inline escapes a line, and marks code and addresses.
func inline(line string) string {
	var b strings.Builder
	last := 0
	for _, found := range inlineMarks.FindAllStringIndex(line, -1) {
		b.WriteString(template.HTMLEscapeString(line[last:found[0]]))
		mark := line[found[0]:found[1]]
		if mark[0] == '`' {
			b.WriteString("<code>" + template.HTMLEscapeString(strings.Trim(mark, "`")) + "</code>")
		} else {
			address := template.HTMLEscapeString(mark)
			b.WriteString(`<a href="` + address + `" rel="noreferrer">` + address + "</a>")
		}
		last = found[1]
	}
	b.WriteString(template.HTMLEscapeString(line[last:]))
	return b.String()
}
