package web

import (
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"
)

// Sizes of a picture, in its own units, which are pixels unless it is scaled.
const (
	stepHeight  = 30
	headHeight  = 28
	gap         = 12
	padding     = 10
	columnGap   = 44
	letterWidth = 7.3
	minWidth    = 150
)

// picture draws phases side by side, each with its steps from top to bottom and
// chains as boxes around theirs. Colours are the style sheet's.
func picture(label string, phases []group) template.HTML {
	var b strings.Builder
	x, height := 1.0, 0.0
	for i := range phases {
		p := painter{b: &b}
		width := p.width(phases[i].Items)
		if i > 0 {
			middle := headHeight / 2.0
			fmt.Fprintf(&b, `<path class="edge" d="M%.1f %.1fh%.1f" marker-end="url(#arrow)"/>`, x-columnGap+6, middle, float64(columnGap-14))
		}
		fmt.Fprintf(&b, `<text class="phase" x="%.1f" y="%.1f">%s</text>`, x, headHeight/2.0+5, template.HTMLEscapeString(phases[i].Title))
		bottom := p.list(phases[i].Items, x, headHeight+4, width)
		height = max(height, bottom)
		x += width + columnGap
	}
	width := x - columnGap + 1
	size := fmt.Sprintf(`width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f"`, width, height+1, width, height+1)
	head := `<svg class="picture" xmlns="http://www.w3.org/2000/svg" ` + size + ` role="group" aria-label="` + template.HTMLEscapeString(label) + `">`
	const arrow = `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
		`<path class="head" d="M0 0L8 4L0 8z"/></marker></defs>`
	return template.HTML(head + arrow + b.String() + "</svg>") //nolint:gosec // all text is escaped above and below
}

type painter struct{ b *strings.Builder }

// width is how wide a list of items is.
func (p painter) width(items []item) float64 {
	widest := float64(minWidth)
	for i := range items {
		own := letterWidth*float64(utf8.RuneCountInString(items[i].Name)) + 24
		if items[i].Chain != nil {
			own = max(own, p.width(items[i].Chain.Items)+2*padding)
		}
		widest = max(widest, own)
	}
	return widest
}

// list draws items from a height down, and gives where they end.
func (p painter) list(items []item, x, y, width float64) float64 {
	for i := range items {
		if i > 0 {
			fmt.Fprintf(p.b, `<path class="edge" d="M%.1f %.1fv%d" marker-end="url(#arrow)"/>`, x+width/2, y, gap-1)
			y += gap
		}
		y = p.item(&items[i], x, y, width)
	}
	return y
}

func (p painter) item(it *item, x, y, width float64) float64 {
	p.open(it)
	class, height := tabStep, p.height(it)
	if it.Chain != nil {
		class = tabChain
	}
	fmt.Fprintf(p.b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="6"/>`, class, x, y, width, height)
	fmt.Fprintf(p.b, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, x+12, y+stepHeight/2+4.5, template.HTMLEscapeString(it.Name))
	p.b.WriteString(closing(it))
	if it.Chain != nil {
		p.list(it.Chain.Items, x+padding, y+headHeight, width-2*padding)
	}
	return y + height
}

// open begins what leads to an item's page, or only belongs together.
func (p painter) open(it *item) {
	if it.URL == "" {
		p.b.WriteString("<g>")
		return
	}
	p.b.WriteString(`<a href="` + template.HTMLEscapeString(it.URL) + `">`)
	if it.Doc != "" {
		p.b.WriteString("<title>" + template.HTMLEscapeString(it.Name+": "+it.Doc) + "</title>")
	}
}

func closing(it *item) string {
	if it.URL == "" {
		return "</g>"
	}
	return "</a>"
}

// height is how high an item is.
func (p painter) height(it *item) float64 {
	if it.Chain == nil {
		return stepHeight
	}
	height := float64(headHeight)
	for i := range it.Chain.Items {
		height += p.height(&it.Chain.Items[i])
	}
	return height + float64(gap*max(len(it.Chain.Items)-1, 0)+padding)
}
