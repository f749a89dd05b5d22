// Package page shows people the leases: each type with how much of it is in
// use, who holds what since when, who waits, and how it was over the last day.
//
// It makes the page's own part; package web puts the frame around it. It keeps
// what it has seen in memory, one look a minute for a day.
package page

import (
	"bytes"
	"context"
	_ "embed" // for the page
	"errors"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"

	"github.com/drover-ci/drover/leases"
)

// Server is a lease server.
type Server interface {
	Report(leaseType string) ([]leases.TypeReport, error)
	Summary() ([]leases.TypeReport, error)
}

// ErrNoType says that there is no such lease type.
var ErrNoType = errors.New("there is no such lease type")

//go:embed page.html
var text string

// How often to look, and how many looks to keep.
const (
	sampleEvery = time.Minute
	samples     = 24 * 60
	maxTypes    = 2000
)

// Page makes the page. It is safe for concurrent use.
type Page struct {
	server   Server
	template *template.Template

	mu      sync.Mutex
	history map[string]*history
}

// history is what was seen of one type, in a ring.
type history struct {
	held, limit, line [samples]int32
	next, count       int
}

// New makes a page.
func New(server Server) *Page {
	parsed := template.Must(template.New("page").Funcs(template.FuncMap{"share": share}).Parse(text))
	return &Page{server: server, template: parsed, history: map[string]*history{}}
}

// Sample looks every minute until the context ends.
func (p *Page) Sample(ctx context.Context) {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		p.look()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (p *Page) look() {
	reports, err := p.server.Summary()
	if err != nil {
		return // it does not serve yet
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	there := make(map[string]bool, len(reports))
	for i := range reports {
		r := &reports[i]
		there[r.Type] = true
		h, ok := p.history[r.Type]
		if !ok {
			if len(p.history) >= maxTypes {
				continue
			}
			h = &history{}
			p.history[r.Type] = h
		}
		h.add(r)
	}
	for leaseType := range p.history {
		if !there[leaseType] {
			delete(p.history, leaseType)
		}
	}
}

func (h *history) add(r *leases.TypeReport) {
	h.held[h.next], h.limit[h.next], h.line[h.next] = int32(r.Held), int32(size(r)), int32(r.Line) //nolint:gosec // counts of resources
	h.next = (h.next + 1) % samples
	h.count = min(h.count+1, samples)
}

// size is how many of a type may be in use.
func size(r *leases.TypeReport) int {
	if r.Limit >= 0 {
		return r.Limit
	}
	return r.Total
}

// share is how much of a type is in use, in percent.
func share(r leases.TypeReport) int {
	if size(&r) == 0 {
		return 0
	}
	return min(100, 100*r.Held/size(&r))
}

// view is what the template shows.
type view struct {
	Types []leases.TypeReport
	One   *leases.TypeReport
	Rows  []row
	Line  []waiting
	Chart template.HTML
}

type row struct {
	leases.ResourceReport

	Held, Heard string
}

type waiting struct {
	leases.Waiting

	Place int
	For   string
}

// Render makes the page of all types, or of one if it is named. It gives the
// title and what stands below it.
func (p *Page) Render(leaseType string, now time.Time) (string, template.HTML, error) {
	title := "Leases"
	var v view
	if leaseType == "" {
		reports, err := p.server.Summary()
		if err != nil {
			return "", "", err
		}
		v.Types = reports
	} else {
		reports, err := p.server.Report(leaseType)
		if err != nil {
			return "", "", err
		}
		if len(reports) != 1 {
			return "", "", fmt.Errorf("%w: %q", ErrNoType, leaseType)
		}
		title = leaseType
		v.one(&reports[0], now)
		v.Chart = p.chart(leaseType)
	}
	var out bytes.Buffer
	if err := p.template.Execute(&out, v); err != nil {
		return "", "", fmt.Errorf("show the leases: %w", err)
	}
	return title, template.HTML(out.String()), nil //nolint:gosec // the template escapes
}

func (v *view) one(r *leases.TypeReport, now time.Time) {
	v.One = r
	for _, resource := range r.Resources {
		v.Rows = append(v.Rows, row{resource, ago(resource.Since, now), ago(resource.LastUpdate, now)})
	}
	for i, w := range r.Waiting {
		v.Line = append(v.Line, waiting{w, i + 1, ago(w.Since, now)})
	}
}

func ago(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	text := now.Sub(t).Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

// The size of a chart.
const (
	chartWidth  = 720
	chartHeight = 120
)

// chart draws how much of a type was in use and how many waited.
func (p *Page) chart(leaseType string) template.HTML {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.history[leaseType]
	if h == nil || h.count < 2 {
		return ""
	}
	top := int32(1)
	for i := range h.count {
		at := h.at(i)
		top = max(top, h.limit[at], h.held[at], h.line[at])
	}
	curve := func(values *[samples]int32) string {
		var points strings.Builder
		for i := range h.count {
			x := float64(i) * chartWidth / float64(h.count-1)
			y := chartHeight - float64(values[h.at(i)])*chartHeight/float64(top)
			fmt.Fprintf(&points, "%.1f,%.1f ", x, y)
		}
		return strings.TrimSpace(points.String())
	}
	hours := (time.Duration(h.count) * sampleEvery).Round(time.Minute)
	return template.HTML(fmt.Sprintf( //nolint:gosec // numbers
		`<svg viewBox="0 0 %d %d" width="100%%" height="%d" preserveAspectRatio="none" role="img" aria-label="In use and waiting over the last %s; the top is %d">`+
			`<polygon points="0,%d %s %d,%d" fill="currentColor" opacity="0.18"/>`+
			`<polyline points="%s" fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke"/>`+
			`<polyline points="%s" fill="none" stroke="currentColor" stroke-dasharray="2 3" vector-effect="non-scaling-stroke"/>`+
			`<polyline points="%s" fill="none" stroke="currentColor" stroke-dasharray="6 4" opacity="0.6" vector-effect="non-scaling-stroke"/></svg>`,
		chartWidth, chartHeight, chartHeight, hours, top,
		chartHeight, curve(&h.held), chartWidth, chartHeight, curve(&h.held), curve(&h.line), curve(&h.limit)))
}

// at is where the i-th look is, the oldest first.
func (h *history) at(i int) int { return (h.next - h.count + i + samples) % samples }
