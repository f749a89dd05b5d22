package web

import (
	"cmp"
	"encoding/json"
	"html/template"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
)

// How many users a component's page names; the others have a page of their own.
const (
	shownTests     = 12
	shownOverrides = 8
)

type componentView struct {
	Kind, Name string
	Doc        string
	File       string
	Owners     []string
	Count      dependents.Count
	UsersURL   string
	Containers []containerRow
	Tests      []testRow
	// Picture and Phases show what a workflow or chain consists of.
	Picture template.HTML
	Phases  []group
	Steps   int
	// Parameters are a step's, or those of all steps in a workflow or chain.
	Parameters   []parameterRow
	Dependencies []dependencyRow
	Leases       []schema.StepLease
	Credentials  []schema.Credential
	Facts        []fact
	Observers    []link
	Script       string
	ScriptFile   string
	Source       string
}

type fact struct {
	Name, Value string
	URL         string
}

type containerRow struct {
	link

	Kind, Phase string
	Count       dependents.Count
}

// parameterRow is a parameter, its value where nobody says otherwise, and who
// does.
type parameterRow struct {
	Name, Doc string
	Default   string
	// Required says that there is no value, so that one must be given.
	Required bool
	// From is where the value comes from, where that is not the step.
	From *origin
	// Steps declare it, where the page is not a step's.
	Steps     []link
	Overrides []overrideRow
	More      int
}

type overrideRow struct {
	link

	Value string
}

type dependencyRow struct{ Env, Name string }

func (v *view) component(kind resolver.Kind, name, doc string) componentView {
	component := resolver.Component{Kind: kind, Name: name}
	tests := v.Catalog.Dependents().Uses(component)
	c := componentView{
		Kind: string(kind), Name: name, Doc: doc, File: v.files()[component],
		Owners: v.owners(v.files()[component]), Count: v.Catalog.Dependents().Count(component),
		UsersURL: "/users/" + string(kind) + "/" + name, Tests: testRows(tests[:min(len(tests), shownTests)]),
		Containers: v.containers(component),
	}
	content, err := v.Repo.Read(c.File)
	if err == nil {
		c.Source = string(content)
	}
	return c
}

// containers lists the chains and workflows that name a component.
func (v *view) containers(component resolver.Component) []containerRow {
	var rows []containerRow
	for _, each := range sorted(v.Catalog.Dependents().Within(component)) {
		phase := ""
		if each.Kind == resolver.KindPhase {
			each.Kind = resolver.KindWorkflow
			each.Name, phase = cutLast(each.Name, '/')
		}
		rows = append(rows, containerRow{
			link{each.Name, componentURL(each)}, string(each.Kind), phase, v.Catalog.Dependents().Count(each),
		})
	}
	return rows
}

// sorted puts components into order: chains before phases, then by name.
func sorted(components []resolver.Component) []resolver.Component {
	slices.SortFunc(components, func(a, b resolver.Component) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return components
}

// stepPage shows a step.
func stepPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	ref := v.Catalog.Registry().Ref(name)
	if ref == nil {
		return nil, v.noComponent(resolver.Component{Kind: resolver.KindStep, Name: name})
	}
	c := v.component(resolver.KindStep, name, ref.Documentation)
	c.Parameters = v.stepParameters(ref)
	for _, dependency := range ref.Dependencies {
		c.Dependencies = append(c.Dependencies, dependencyRow{dependency.Env, dependency.Name})
	}
	c.Leases, c.Credentials = ref.Leases, ref.Credentials
	c.Facts = append([]fact{v.imageFact("Image", ref.From, ref.FromImage)}, stepFacts(ref)...)
	for _, observer := range ref.Observers {
		c.Observers = append(c.Observers, componentLink(resolver.KindObserver, observer))
	}
	c.Script, c.ScriptFile = ref.Commands, v.scriptFile(c.File, "ref.commands")
	return &answer{page: pageComponent, title: name, data: c}, nil
}

// scriptFile is the file that a component's commands are in.
func (v *view) scriptFile(file, field string) string {
	content, err := v.Repo.Read(file)
	if err != nil {
		return ""
	}
	var document map[string]map[string]any
	if yaml.Unmarshal(content, &document) != nil {
		return ""
	}
	kind, key, _ := strings.Cut(field, ".")
	script, _ := document[kind][key].(string)
	if script == "" || strings.Contains(script, "\n") {
		return ""
	}
	return path.Join(path.Dir(file), script)
}

func stepFacts(ref *schema.RegistryRef) []fact {
	var facts []fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{Name: name, Value: value})
		}
	}
	add("CPU, memory", requestsOf(ref.Resources))
	add("Timeout", durationText(ref.Timeout))
	add("Grace period", durationText(ref.GracePeriod))
	add("Command-line client of", ref.Cli)
	if ref.NodeArchitecture != nil {
		add("Architecture", string(*ref.NodeArchitecture))
	}
	for _, flag := range []struct {
		on    *bool
		words string
	}{
		{ref.BestEffort, "failures may be ignored"},
		{ref.OptionalOnSuccess, "may be skipped when the test passed"},
		{ref.NoKubeconfig, "gets no kubeconfig"},
		{ref.RunAsScript, "runs as a script file"},
	} {
		if flag.on != nil && *flag.on {
			add("Note", flag.words)
		}
	}
	return facts
}

// imageFact says which image something comes from, and leads to those that depend
// on it too.
func (v *view) imageFact(name, from string, image *schema.ImageStreamTagReference) fact {
	f := fact{Name: name, Value: imageOf(from, image)}
	component := resolver.Component{Kind: resolver.KindImage, Name: f.Value}
	if image != nil && v.Catalog.Dependents().Count(component).Tests > 0 {
		f.URL = componentURL(component)
	}
	return f
}

func imageOf(from string, image *schema.ImageStreamTagReference) string {
	if image != nil {
		return image.Namespace + "/" + image.Name + ":" + image.Tag
	}
	return from
}

func requestsOf(resources schema.ResourceRequirements) string {
	var parts []string
	for _, name := range []string{"cpu", "memory"} {
		if amount := resources.Requests[name]; amount != "" {
			parts = append(parts, amount)
		}
	}
	return strings.Join(parts, ", ")
}

func durationText(d *schema.Duration) string {
	if d == nil {
		return ""
	}
	text := d.String()
	for _, nothing := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, nothing) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// chainPage shows a chain.
func chainPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	chain := v.Catalog.Registry().Chain(name)
	if chain == nil {
		return nil, v.noComponent(resolver.Component{Kind: resolver.KindChain, Name: name})
	}
	c := v.component(resolver.KindChain, name, chain.Documentation)
	c.Phases = []group{{Title: "steps", Items: newGrower(v.Catalog.Registry()).list(chain.Steps)}}
	c.Leases = chain.Leases
	c.consistOf(v, resolver.KindChain, schema.TestSteps{Test: []schema.TestStep{{Chain: &name}}})
	return &answer{page: pageComponent, title: name, data: c}, nil
}

// workflowPage shows a workflow.
func workflowPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	workflow := v.Catalog.Registry().Workflow(name)
	if workflow == nil {
		return nil, v.noComponent(resolver.Component{Kind: resolver.KindWorkflow, Name: name})
	}
	c := v.component(resolver.KindWorkflow, name, workflow.Documentation)
	c.Phases = newGrower(v.Catalog.Registry()).phases(&workflow.Steps, nil)
	c.Leases = workflow.Steps.Leases
	if profile := workflow.Steps.ClusterProfile; profile != "" {
		c.Facts = append(c.Facts, fact{Name: "Cluster profile", Value: profile, URL: "/profile/" + profile})
	}
	if observers := workflow.Steps.Observers; observers != nil {
		for _, observer := range observers.Enable {
			c.Observers = append(c.Observers, componentLink(resolver.KindObserver, observer))
		}
	}
	c.consistOf(v, resolver.KindWorkflow, schema.TestSteps{Workflow: &name})
	return &answer{page: pageComponent, title: name, data: c}, nil
}

// consistOf shows the steps that a test would have.
func (c *componentView) consistOf(v *view, kind resolver.Kind, steps schema.TestSteps) {
	c.Picture = picture("The steps of "+c.Name, c.Phases)
	whole := &schema.Config{Tests: []schema.Test{{Steps: &steps}}}
	explanation := v.Catalog.Registry().Explain(whole, 0)
	all := slices.Concat(explanation.Pre, explanation.Test, explanation.Post)
	c.Steps = len(all)
	c.Parameters = v.sharedParameters(all)
	v.addOverrides(c.Parameters, resolver.Component{Kind: kind, Name: c.Name})
}

// observerPage shows an observer.
func observerPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	observer := v.Catalog.Registry().Observer(name)
	if observer == nil {
		return nil, v.noComponent(resolver.Component{Kind: resolver.KindObserver, Name: name})
	}
	c := v.component(resolver.KindObserver, name, observer.Documentation)
	for _, parameter := range observer.Environment {
		c.Parameters = append(c.Parameters, newParameter(parameter))
	}
	c.Facts = []fact{v.imageFact("Image", observer.From, observer.FromImage)}
	c.Script, c.ScriptFile = observer.Commands, v.scriptFile(c.File, "observer.commands")
	return &answer{page: pageComponent, title: name, data: c}, nil
}

// owners are the people who may approve a change of a file: those of its
// metadata, or else of the OWNERS file beside it.
func (v *view) owners(file string) []string {
	metadata := strings.TrimSuffix(file, ".yaml") + ".metadata.json"
	if content, err := v.Repo.Read(metadata); err == nil {
		var found schema.RegistryMetadata
		if json.Unmarshal(content, &found) == nil && len(found.Owners.Approvers) > 0 {
			return found.Owners.Approvers
		}
	}
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		content, err := v.Repo.Read(dir + "/OWNERS")
		if err != nil {
			continue
		}
		var found struct {
			Approvers []string `yaml:"approvers"`
		}
		if yaml.Unmarshal(content, &found) == nil && len(found.Approvers) > 0 {
			return found.Approvers
		}
	}
	return nil
}
