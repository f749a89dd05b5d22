package web

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
)

// pageSize is how many rows a list shows at once.
const pageSize = 250

// The kinds of components as they are named in addresses.
const (
	tabWorkflow = string(resolver.KindWorkflow)
	tabChain    = string(resolver.KindChain)
	tabStep     = string(resolver.KindStep)
	tabObserver = string(resolver.KindObserver)
	tabTest     = string(resolver.KindTest)
)

// What lists may be in the order of.
const (
	sortName = "name"
	sortUse  = "use"
)

type registryView struct {
	Kinds []kindTab
	Kind  string
	// Filter is the text that names or descriptions must have.
	Filter string
	// Sort is what the rows are in the order of.
	Sort  string
	Rows  []componentRow
	Total int
	Pager pager
}

type kindTab struct {
	Name, Value string
	Number      int
	Current     bool
}

type componentRow struct {
	link

	Doc   string
	Count dependents.Count
}

// pager leads through a long list.
type pager struct {
	From, To, Total int
	Previous, Next  string
}

// registryPage lists the components of a kind.
func registryPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	data := registryView{
		Kind: r.choice("kind", tabWorkflow, tabChain, tabStep, tabObserver), Filter: r.param("filter"), Sort: r.choice("sort", sortName, sortUse),
	}
	rows := map[string][]componentRow{
		tabWorkflow: workflowRows(v), tabChain: chainRows(v), tabStep: stepRows(v), tabObserver: observerRows(v),
	}
	for _, value := range []string{tabWorkflow, tabChain, tabStep, tabObserver} {
		name := strings.ToUpper(value[:1]) + value[1:] + "s"
		data.Kinds = append(data.Kinds, kindTab{name, value, len(rows[value]), value == data.Kind})
	}
	found := filterRows(rows[data.Kind], data.Filter)
	if data.Sort == sortUse {
		slices.SortStableFunc(found, func(a, b componentRow) int { return cmp.Compare(b.Count.Tests, a.Count.Tests) })
	}
	data.Total = len(found)
	data.Rows, data.Pager = pageOf(found, r)
	return &answer{page: "registry", title: "Step registry", data: data}, nil
}

func filterRows(rows []componentRow, filter string) []componentRow {
	words := wordsOf(filter)
	if len(words) == 0 {
		return rows
	}
	return slices.DeleteFunc(rows, func(row componentRow) bool {
		return !hasAll([]byte(searchable(row.Name+" "+row.Doc)), words)
	})
}

// pageOf cuts out the rows of the page that is asked for.
func pageOf[T any](rows []T, r *request) ([]T, pager) {
	from := 0
	if text := r.param("from"); text != "" {
		var err error
		if from, err = strconv.Atoi(text); err != nil || from < 0 {
			r.refusef("The parameter from is %q, want the number of a row.", text)
		}
	}
	from = min(max(from, 0), max(len(rows)-1, 0)) // the list may have become shorter
	to := min(from+pageSize, len(rows))
	p := pager{From: from + 1, To: to, Total: len(rows)}
	query := maps.Clone(r.query)
	if from > 0 {
		query.Set("from", strconv.Itoa(max(from-pageSize, 0)))
		p.Previous = "?" + query.Encode()
	}
	if to < len(rows) {
		query.Set("from", strconv.Itoa(to))
		p.Next = "?" + query.Encode()
	}
	return rows[from:to], p
}

func (v *view) row(kind resolver.Kind, name, doc string) componentRow {
	component := resolver.Component{Kind: kind, Name: name}
	return componentRow{link{name, componentURL(component)}, firstLine(doc), v.Catalog.Dependents().Count(component)}
}

func workflowRows(v *view) []componentRow {
	return rowsOf(v, resolver.KindWorkflow, v.Repo.Workflows, func(w *schema.RegistryWorkflow) (string, string) { return w.As, w.Documentation })
}

func chainRows(v *view) []componentRow {
	return rowsOf(v, resolver.KindChain, v.Repo.Chains, func(c *schema.RegistryChain) (string, string) { return c.As, c.Documentation })
}

func stepRows(v *view) []componentRow {
	return rowsOf(v, resolver.KindStep, v.Repo.Refs, func(r *schema.RegistryRef) (string, string) { return r.As, r.Documentation })
}

func observerRows(v *view) []componentRow {
	return rowsOf(v, resolver.KindObserver, v.Repo.Observers, func(o *schema.RegistryObserver) (string, string) { return o.Name, o.Documentation })
}

// rowsOf are the rows of the components of one kind, of each the name and the
// documentation.
func rowsOf[T any](v *view, kind resolver.Kind, docs []*repolayout.Doc[T], of func(*T) (name, doc string)) []componentRow {
	rows := make([]componentRow, 0, len(docs))
	for _, doc := range docs {
		name, text := of(doc.Value)
		rows = append(rows, v.row(kind, name, text))
	}
	return sortRows(rows)
}

func sortRows(rows []componentRow) []componentRow {
	slices.SortFunc(rows, func(a, b componentRow) int { return strings.Compare(a.Name, b.Name) })
	return rows
}

type usersView struct {
	Component resolver.Component
	Count     dependents.Count
	Tests     []testRow
	Pager     pager
}

// testRow is a test in a list.
type testRow struct {
	Name, URL         string
	Config, ConfigURL string
	// When says when its job runs.
	When string
	// Rehearsed says that a rehearsal could run it.
	Rehearsed bool
}

// usersPage lists the tests that use a component.
func usersPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	component := resolver.Component{Kind: resolver.Kind(r.PathValue("kind")), Name: r.PathValue("name")}
	if component.Kind == "profile" {
		component.Kind = resolver.KindProfile
	}
	count := v.Catalog.Dependents().Count(component)
	switch _, ok := v.files()[component]; {
	case component.Kind == resolver.KindImage && count.Tests == 0:
		return nil, NotFound("No test depends on an image %s.", component.Name)
	case component.Kind != resolver.KindImage && !ok:
		return nil, v.noComponent(component)
	}
	tests := v.Catalog.Dependents().Uses(component)
	shown, pager := pageOf(tests, r)
	return &answer{page: "users", title: "Who uses " + component.Name, data: usersView{
		Component: component, Count: count, Tests: testRows(shown), Pager: pager,
	}}, nil
}

func testRows(tests []dependents.Use) []testRow {
	rows := make([]testRow, 0, len(tests))
	for _, each := range tests {
		m, test := each.Config.Metadata, each.Test()
		rows = append(rows, testRow{
			Name: test.As, URL: testURL(m, test.As), Config: m.String(), ConfigURL: configURL(m),
			When: whenRuns(test), Rehearsed: each.Rehearsed(),
		})
	}
	return rows
}

// noComponent says that a component does not exist, and which may be meant.
func (v *view) noComponent(component resolver.Component) error {
	m := &missing{message: "The step registry has no " + component.String() + "."}
	kinds := []resolver.Kind{component.Kind}
	for _, kind := range []resolver.Kind{resolver.KindWorkflow, resolver.KindChain, resolver.KindStep, resolver.KindObserver} {
		if kind != component.Kind && component.Kind != resolver.KindProfile {
			kinds = append(kinds, kind)
		}
	}
	var names []string
	for _, kind := range kinds {
		names = append(names, v.names(kind)...)
	}
	slices.Sort(names)
	for _, name := range nearest(component.Name, slices.Compact(names)) {
		for _, kind := range kinds {
			if v.files()[resolver.Component{Kind: kind, Name: name}] != "" {
				m.suggestions = append(m.suggestions, componentLink(kind, name))
			}
		}
	}
	return m
}
