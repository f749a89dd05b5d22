package rules

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleJobTemplate is the rule that the settings' jobs are such as a cluster
// takes.
const RuleJobTemplate = "job-template"

// checkJobTemplate checks what the shape of single fields does not say.
func checkJobTemplate(repo *repolayout.Repo) []schema.Problem {
	template := repo.Settings.Value.Jobs
	if template == nil {
		return nil
	}
	var problems []schema.Problem
	report := func(field, message string) {
		problems = append(problems, repo.Problem(repo.Settings.Path, field, RuleJobTemplate, message))
	}
	if template.Command != nil && len(template.Command) == 0 {
		report("jobs.command", "a job runs a command (found [], want at least one word, or no command for the default)")
	}
	if template.Parts != nil {
		for _, part := range templateParts(template.Parts) {
			part.check(report)
		}
	}
	return problems
}

// templatePart is a part with what it is called and the values that it has.
type templatePart struct {
	name   string
	part   *schema.JobPart
	values []string
}

// templateParts are the parts in the order of the schema, by their names there.
func templateParts(parts *schema.JobParts) []templatePart {
	values := map[string][]string{
		"target": {"{target}"}, "variant": {"{variant}"}, "secret": {"{secret}"}, "shard": {"{shard}", "{shards}"},
	}
	var all []templatePart
	for field, value := range reflect.ValueOf(*parts).Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		part, _ := reflect.TypeAssert[*schema.JobPart](value)
		all = append(all, templatePart{name, part, values[name]})
	}
	return all
}

// check looks for values that the part does not have where braces are allowed
// for them alone. In arguments and in the environment they may be what is meant.
func (p templatePart) check(report func(field, message string)) {
	if p.part == nil {
		return
	}
	text := func(field, text string) {
		rest := text
		for _, value := range p.values {
			rest = strings.ReplaceAll(rest, value, "")
		}
		if !strings.ContainsAny(rest, "{}") {
			return
		}
		want := "no braces"
		if p.values != nil {
			want = strings.Join(p.values, " or ")
		}
		report(field, fmt.Sprintf("jobs of this part have no such value (found %q, want %s)", text, want))
	}
	field := func(kind, name string) string { return fmt.Sprintf("jobs.parts.%s.%s[%q]", p.name, kind, name) }
	for _, name := range slices.Sorted(maps.Keys(p.part.Labels)) {
		text(field("labels", name), name)
		text(field("labels", name), p.part.Labels[name])
	}
	for _, name := range slices.Sorted(maps.Keys(p.part.Mounts)) {
		text(field("mounts", name), name)
		text(field("mounts", name)+".path", p.part.Mounts[name].Path)
	}
	for _, name := range slices.Sorted(maps.Keys(p.part.Volumes)) {
		volume := p.part.Volumes[name]
		text(field("volumes", name), name)
		if volume.Secret != nil {
			text(field("volumes", name)+".secret.secretName", volume.Secret.SecretName)
		}
		if volume.ConfigMap != nil {
			text(field("volumes", name)+".configMap.name", volume.ConfigMap.Name)
		}
	}
}
