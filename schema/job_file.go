package schema

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// RuleDuplicateJob is the rule that a job's name, and what it is reported as, are
// its own.
const RuleDuplicateJob = "duplicate-job"

// CheckJobs is [Check] of a file that may hold jobs: a file of jobs, or Prow's own
// configuration. It gives the jobs too, unless the file's shape is wrong.
func (m *Memory) CheckJobs(file string, data []byte, definition Definition) ([]Job, []Problem) {
	d := m.judged(file, data, string(definition), reflect.Value{})
	return d.jobs, SortProblems(d.problems)
}

// holdsJobs says whether files of a definition may hold jobs.
func holdsJobs(definition string) bool {
	return definition == string(ProwJobFile) || definition == string(ProwConfig)
}

// jobFile holds the jobs of a file, whose shape is right, against what Prow besides
// refuses when it reads them: jobs that get into each other's way, and pods that it
// could not decorate. What depends on Prow's own configuration is left to Prow, and
// so are volumes, which presets of other files may bring.
func (d *decoder) jobFile(root *yaml.Node) {
	for kind, value := range d.fields(root) {
		at := d.field(nil, kind)
		switch kind {
		case string(Presubmits):
			d.jobsByRepo(Presubmits, value.value, at)
		case string(Postsubmits):
			d.jobsByRepo(Postsubmits, value.value, at)
		case string(Periodics):
			d.jobsOf(Periodics, "", value.value, at)
		}
	}
}

func (d *decoder) jobsByRepo(kind JobKind, repos *yaml.Node, at *step) {
	for repo, jobs := range d.fields(repos) {
		d.jobsOf(kind, repo, jobs.value, d.field(at, repo))
	}
}

// fields are those of a mapping, with what is merged into it and without nulls;
// none of another node.
func (d *decoder) fields(node *yaml.Node) map[string]entry {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	found := make(map[string]entry, len(node.Content)/2)
	d.pairs(node, nil, func(key, value *yaml.Node) {
		if value = follow(value); !isNull(value) {
			found[key.Value] = entry{key, value}
		}
	})
	return found
}

// items are those of a list; none of another node.
func items(list *yaml.Node) []*yaml.Node {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	all := make([]*yaml.Node, 0, len(list.Content))
	for _, item := range list.Content {
		all = append(all, follow(item))
	}
	return all
}

// wordOf is the text of a scalar; "" where there is none.
func wordOf(node *yaml.Node) string {
	if node == nil || node.Kind != yaml.ScalarNode {
		return ""
	}
	return scalarText(node)
}

func wordsOf(list *yaml.Node) []string {
	var all []string
	for _, item := range items(list) {
		all = append(all, strings.Clone(wordOf(item)))
	}
	return all
}

// jobsOf checks a list of jobs, which are of one kind and repository.
func (d *decoder) jobsOf(kind JobKind, repo string, list *yaml.Node, at *step) {
	names, contexts := map[string][]*Job{}, map[string][]*Job{}
	for i, node := range items(list) {
		fields, here := d.fields(node), d.item(at, i)
		name := fields["name"].value
		if wordOf(name) == "" { // of a mapping it is said already
			if isNull(node) {
				d.report(node, here, RuleMissingField, "the field is required (found nothing, want a job)")
			}
			continue
		}
		job := d.newJob(kind, repo, fields, here)
		if other := job.Clash(names[job.Name]); other != nil {
			d.report(name, d.field(here, "name"), RuleDuplicateJob, fmt.Sprintf(
				"two jobs have one name (found %s, which the job on line %d has, want another name, or other branches)", job.Name, other.Line))
		}
		names[job.Name] = append(names[job.Name], job)
		if kind != Periodics {
			if other := job.Clash(contexts[job.Context]); other != nil && other.Name != job.Name {
				where, field := name, "name"
				if own := fields["context"].value; wordOf(own) != "" {
					where, field = own, "context"
				}
				d.report(where, d.field(here, field), RuleDuplicateJob, fmt.Sprintf(
					"two jobs are reported under one name (found %s, which %s is reported under, want another context)", job.Context, other.Name))
			}
			contexts[job.Context] = append(contexts[job.Context], job)
		}
		d.jobs = append(d.jobs, *job)
		d.rerun(fields, here)
		d.pod(kind, fields, here)
	}
}

// newJob is the job of some fields, which has nothing of the file's memory.
func (d *decoder) newJob(kind JobKind, repo string, fields map[string]entry, at *step) *Job {
	name := fields["name"]
	job := &Job{
		Kind: kind, Repo: strings.Clone(repo), Name: strings.Clone(wordOf(name.value)), Context: strings.Clone(wordOf(fields["context"].value)),
		Branches: wordsOf(fields["branches"].value), SkipBranches: wordsOf(fields["skip_branches"].value),
		Field: d.field(at, "name").String(), Line: name.key.Line,
		Generated: wordOf(d.fields(fields["labels"].value)[generatorLabel].value) == generatorName,
	}
	job.Context = cmp.Or(job.Context, job.Name)
	return job
}

// rerun checks that the comment that people are told to write starts the job.
func (d *decoder) rerun(fields map[string]entry, at *step) {
	trigger, command := wordOf(fields["trigger"].value), fields["rerun_command"].value
	if trigger == "" || command == nil {
		return
	}
	if started, err := regexp.Compile(trigger); err == nil && !started.MatchString(wordOf(command)) {
		d.report(command, d.field(at, "rerun_command"), RuleWrongValue, fmt.Sprintf(
			"the comment that people are told to write does not start the job (found %q, want one that trigger, %q, finds)", wordOf(command), trigger))
	}
}

// What belongs to Prow in the pod of a job.
const (
	prowContainers = "clonerefs initupload place-entrypoint sidecar"
	prowVolumes    = "logs code tools gcs-credentials s3-credentials"
	prowMounts     = "logs code tools"
	prowPaths      = "/logs /home/prow/go /tools"
	prowVariables  = "CI JOB_NAME JOB_SPEC JOB_TYPE PROW_JOB_ID BUILD_ID BUILD_NUMBER"
	refsVariables  = " REPO_OWNER REPO_NAME SRC_BASE SRC_HOST PULL_BASE_REF PULL_BASE_SHA PULL_REFS"
	pullVariables  = " PULL_NUMBER PULL_PULL_SHA PULL_HEAD_REF PULL_TITLE"
)

// variablesOf are the environment variables that Prow sets in jobs of a kind.
func variablesOf(kind JobKind) string {
	switch kind {
	case Presubmits:
		return prowVariables + refsVariables + pullVariables
	case Postsubmits:
		return prowVariables + refsVariables
	default:
		return prowVariables
	}
}

func isReserved(names, name string) bool { return slices.Contains(strings.Fields(names), name) }

// pod checks the pod of a job.
func (d *decoder) pod(kind JobKind, job map[string]entry, at *step) {
	spec, here := d.fields(job["spec"].value), d.field(at, "spec")
	containers := items(spec["containers"].value)
	names := newOwn(d, "container", prowContainers)
	for i, node := range containers {
		container, where := d.fields(node), d.item(d.field(here, "containers"), i)
		if len(containers) > 1 {
			names.take(node, container, where)
		}
		if decorated, _ := strconv.ParseBool(wordOf(job["decorate"].value)); decorated && commandless(container) {
			d.report(node, where, RuleMissingField, "the field is required (found neither command nor args, want one of them in a job that Prow decorates)")
		}
		variables := newOwn(d, "variable", variablesOf(kind))
		for j, variable := range items(container["env"].value) {
			variables.take(variable, d.fields(variable), d.item(d.field(where, "env"), j))
		}
		for j, mount := range items(container["volumeMounts"].value) {
			d.mount(d.fields(mount), d.item(d.field(where, "volumeMounts"), j))
		}
	}
	for i, node := range items(spec["initContainers"].value) {
		if restart := d.fields(node)["restartPolicy"].value; wordOf(restart) != "Always" {
			d.report(node, d.item(d.field(here, "initContainers"), i), RuleWrongValue,
				"a job has no container that runs before the others (found one, want a sidecar, with restartPolicy: Always)")
		}
	}
	volumes := newOwn(d, "volume", prowVolumes)
	for i, node := range items(spec["volumes"].value) {
		volumes.take(node, d.fields(node), d.item(d.field(here, "volumes"), i))
	}
}

// commandless says whether a container leaves it to its image what runs.
func commandless(container map[string]entry) bool {
	words := append(wordsOf(container["command"].value), wordsOf(container["args"].value)...)
	return len(words) == 0 || words[0] == ""
}

// mount checks that a mount leaves Prow's alone.
func (d *decoder) mount(mount map[string]entry, at *step) {
	for field, reserved := range map[string]string{"name": prowMounts, "mountPath": prowPaths} {
		if given := mount[field].value; isReserved(reserved, wordOf(given)) {
			d.report(given, d.field(at, field), RuleWrongValue, fmt.Sprintf("Prow mounts this itself (found %q, want another)", wordOf(given)))
		}
	}
}

// own holds names of one kind against each other, and against Prow's.
type own struct {
	d        *decoder
	what     string
	reserved string // with spaces between
	lines    map[string]int
}

func newOwn(d *decoder, what, reserved string) *own {
	return &own{d: d, what: what, reserved: reserved, lines: map[string]int{}}
}

// take takes the next name.
func (o *own) take(node *yaml.Node, fields map[string]entry, at *step) {
	given := fields["name"].value
	name := wordOf(given)
	line, taken := o.lines[name]
	at = o.d.field(at, "name")
	switch {
	case name == "":
		o.d.report(node, at, RuleMissingField, "the field is required (found nothing, want a name for each of several "+o.what+"s)")
	case taken:
		o.d.report(given, at, RuleWrongValue, "two have one name (found "+strconv.Quote(name)+", as on line "+strconv.Itoa(line)+", want another)")
	case isReserved(o.reserved, name):
		o.d.report(given, at, RuleWrongValue, "the name is that of a "+o.what+" of Prow's own (found "+strconv.Quote(name)+", want another)")
	default:
		o.lines[name] = given.Line
	}
}
