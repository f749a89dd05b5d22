package web

import (
	"html/template"
	"slices"

	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
)

type testView struct {
	Metadata schema.Metadata
	Name     string
	File     string
	Line     int
	When     string
	Facts    []fact
	// Commands are those of a test in one container.
	Commands string
	Picture  template.HTML
	Phases   []phaseView
	Leases   []leaseRow
	Profile  *profileFact
	// Observers run beside the steps.
	Observers []link
	Jobs      []jobRow
	// Changes say what a change of a step would make run.
	Changes []changeRow
	APIURL  string
}

// profileFact is the cluster profile of a test, and where it is named.
type profileFact struct {
	link

	From origin
}

type phaseView struct {
	Name  string
	Steps []stepView
}

// stepView is a step with the values it gets.
type stepView struct {
	link

	Listed origin
	Way    []link
	Image  string
	Doc    string
	// Commands are those of a step that has no page.
	Commands string
	Values   []valueView
}

type valueView struct {
	Name, Value string
	Kind        string
	From        origin
	// Instead are the values that do not count, and where they are written.
	Instead []insteadView
}

type insteadView struct {
	Value string
	From  origin
}

type leaseRow struct {
	Type, URL, Env string
	Count          int
	For            string
}

// changeRow is a step and how many tests a change of it would reach.
type changeRow struct {
	link

	Count    dependents.Count
	UsersURL string
}

// testPage shows a test: today's address.
func testPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	m := schema.Metadata{Org: r.param("org"), Repo: r.param("repo"), Branch: r.param("branch"), Variant: r.param("variant")}
	if m.Org == "" || m.Repo == "" || m.Branch == "" || r.param("test") == "" {
		return nil, &senselessError{"A test is named by org, repo, branch and test, and by variant where there is one."}
	}
	entry := v.Catalog.Named(m)
	if entry == nil {
		return nil, v.noBranch(m)
	}
	index := slices.IndexFunc(entry.Config.Tests, func(test schema.Test) bool { return test.As == r.param("test") })
	if index < 0 {
		return nil, noTest(entry.Config, r.param("test"))
	}
	return &answer{page: tabTest, title: entry.Config.Tests[index].As, data: v.test(entry, index)}, nil
}

// maxSuggestions is how many names are offered where none is like the one that
// does not exist.
const maxSuggestions = 20

func noTest(config *schema.Config, name string) error {
	m := &missing{message: "The configuration " + config.Metadata.String() + " has no test " + name + "."}
	names := make([]string, len(config.Tests))
	for i := range config.Tests {
		names[i] = config.Tests[i].As
	}
	near := nearest(name, names)
	if len(near) == 0 {
		near = names[:min(len(names), maxSuggestions)]
	}
	for _, each := range near {
		m.suggestions = append(m.suggestions, link{each, testURL(config.Metadata, each)})
	}
	return m
}

func (v *view) test(entry *resolver.Entry, index int) testView {
	config, test := entry.Config, &entry.Config.Tests[index]
	places := newPlaces(v)
	component := resolver.Component{Kind: resolver.KindConfig, Name: config.Metadata.String()}
	data := testView{
		Metadata: config.Metadata, Name: test.As, File: v.files()[component], When: whenRuns(test),
		Commands: test.Commands, APIURL: apiURL(config.Metadata), Facts: testFacts(test),
		Jobs: v.jobRows(config, func(job *prowjobs.Job) bool { return testOf(config, job) == index }),
	}
	data.Line = places.line(data.File, "tests["+itoa(index)+"]")
	if test.Steps == nil || entry.Shape() == nil {
		return data
	}
	registry := v.Catalog.Registry()
	var base *schema.TestSteps
	if test.Steps.Workflow != nil {
		if workflow := registry.Workflow(*test.Steps.Workflow); workflow != nil {
			base = &workflow.Steps
		}
	}
	data.Picture = picture("The steps of "+test.As, newGrower(registry).phases(test.Steps, base))
	explanation, steps := registry.Explain(config, index), v.Catalog.Resolved(entry).Steps(index)
	data.Phases = []phaseView{
		v.phase("pre", places, explanation.Pre, steps.Pre),
		v.phase("test", places, explanation.Test, steps.Test),
		v.phase("post", places, explanation.Post, steps.Post),
	}
	if explanation.Profile != nil {
		data.Profile = &profileFact{From: places.of(*explanation.Profile)}
		if profile := steps.Settings().ClusterProfileLiteral; profile != nil {
			data.Profile.link = link{profile.Name, componentURL(resolver.Component{Kind: resolver.KindProfile, Name: profile.Name})}
		}
	}
	data.Leases = leasesOf(steps)
	for _, observer := range steps.Observers {
		data.Observers = append(data.Observers, componentLink(resolver.KindObserver, observer.Literal().Name))
	}
	data.Changes = v.changes(steps)
	return data
}

func (v *view) phase(name string, places *places, explained []resolver.ExplainedStep, steps []*resolver.Step) phaseView {
	phase := phaseView{Name: name}
	for i, step := range explained {
		shown := stepView{link: link{Name: step.Name}, Listed: places.of(step.Listed)}
		if !step.Literal {
			shown.link = link{step.Name, componentURL(resolver.Component{Kind: resolver.KindStep, Name: step.Name})}
			if ref := v.Catalog.Registry().Ref(step.Name); ref != nil {
				shown.Doc = firstLine(ref.Documentation)
			}
		}
		for _, component := range step.Way {
			shown.Way = append(shown.Way, componentLink(component.Kind, component.Name))
		}
		shown.Values = append(values(places, "parameter", step.Parameters), values(places, "image", step.Dependencies)...)
		if i < len(steps) {
			literal := steps[i].Literal()
			shown.Image = imageOf(literal.From, literal.FromImage)
			if step.Literal {
				shown.Commands = literal.Commands
			}
			shown.Values = append(shown.Values, settingValues(places, step, literal)...)
		}
		phase.Steps = append(phase.Steps, shown)
	}
	return phase
}

func values(places *places, kind string, explained []resolver.ExplainedValue) []valueView {
	var all []valueView
	for _, each := range explained {
		value := valueView{Name: each.Name, Kind: kind}
		for i, given := range each.Given {
			if i == 0 {
				value.Value, value.From = given.Value, places.of(given.Origin)
				continue
			}
			value.Instead = append(value.Instead, insteadView{given.Value, places.of(given.Origin)})
		}
		all = append(all, value)
	}
	return all
}

func settingValues(places *places, step resolver.ExplainedStep, literal *schema.LiteralTestStep) []valueView {
	var all []valueView
	if step.Architecture != nil && literal.NodeArchitecture != nil {
		all = append(all, valueView{Name: "node_architecture", Kind: "setting", Value: string(*literal.NodeArchitecture), From: places.of(*step.Architecture)})
	}
	if step.DNS != nil && literal.DNSConfig != nil {
		value := joinWords(slices.Concat(literal.DNSConfig.Nameservers, literal.DNSConfig.Searches))
		all = append(all, valueView{Name: "dnsConfig", Kind: "setting", Value: value, From: places.of(*step.DNS)})
	}
	return all
}

// leasesOf lists all leases that a test holds.
func leasesOf(steps *resolver.Steps) []leaseRow {
	var rows []leaseRow
	settings := steps.Settings()
	if profile := settings.ClusterProfileLiteral; profile != nil && profile.LeaseType != "" {
		rows = append(rows, leaseRow{profile.LeaseType, "/quotas/" + profile.LeaseType, "LEASED_RESOURCE", 1, "cluster profile " + profile.Name})
		if profile.IPPoolLeaseType != "" {
			rows = append(rows, leaseRow{profile.IPPoolLeaseType, "/quotas/" + profile.IPPoolLeaseType, "", 1, "addresses of the cluster profile, where there are any"})
		}
	}
	add := func(leases []schema.StepLease, holder string) {
		for _, lease := range leases {
			rows = append(rows, leaseRow{lease.ResourceType, "/quotas/" + lease.ResourceType, lease.Env, max(int(lease.Count), 1), holder})
		}
	}
	add(settings.Leases, "the whole test")
	for _, phase := range [][]*resolver.Step{steps.Pre, steps.Test, steps.Post} {
		for _, step := range phase {
			add(step.Literal().Leases, "step "+step.Literal().As)
		}
	}
	return rows
}

// changes counts, for each step of a test, the tests that a change of it would
// reach.
func (v *view) changes(steps *resolver.Steps) []changeRow {
	var rows []changeRow
	for _, phase := range [][]*resolver.Step{steps.Pre, steps.Test, steps.Post} {
		for _, step := range phase {
			component := resolver.Component{Kind: resolver.KindStep, Name: step.Literal().As}
			if v.files()[component] == "" {
				continue
			}
			rows = append(rows, changeRow{
				link{component.Name, componentURL(component)}, v.Catalog.Dependents().Count(component), "/users/step/" + component.Name,
			})
		}
	}
	return rows
}
