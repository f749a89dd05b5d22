package web

import (
	"path"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// origin is where something is written, for people.
type origin struct {
	// What is the component, as in "chain ipi-install".
	What string
	// URL is the component's page.
	URL string
	// File and Line say where exactly, and Source is that place's page.
	File   string
	Line   int
	Source string
}

// places finds lines for one page; each file is read and parsed once.
type places struct {
	view     *view
	locators map[string]*schema.Locator
}

func newPlaces(v *view) *places { return &places{view: v, locators: map[string]*schema.Locator{}} }

// of gives where a field of a component is written.
func (p *places) of(at resolver.Origin) origin {
	file := p.view.files()[at.Component]
	o := origin{What: at.Component.String(), URL: componentURL(at.Component), File: file}
	if file != "" {
		o.Line = p.line(file, at.Path)
		o.Source = sourceURL(file, o.Line)
	}
	if at.Component.Kind == resolver.KindConfig {
		o.What = tabTest
	}
	return o
}

func (p *places) line(file, field string) int {
	if p.locators[file] == nil {
		content, err := p.view.Repo.Read(file)
		if err != nil {
			return 0
		}
		p.locators[file] = schema.NewLocator(content)
	}
	line, _ := p.locators[file].Locate(field)
	return line
}

// Base is a file's name without its folders, for where room is short.
func (o origin) Base() string { return path.Base(o.File) }
