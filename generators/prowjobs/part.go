package prowjobs

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/generators/yamlwriter"
	"github.com/drover-ci/drover/schema"
)

// A part is what a feature adds to a job: a [schema.JobPart] with its maps in
// order and without what is empty. Parts are shared by jobs and never change.
type part struct {
	labels Pairs
	pod    PodSpec
}

// newPart makes a part; of nil, an empty one.
func newPart(from *schema.JobPart) part {
	if from == nil {
		return part{}
	}
	return part{labels: sortedPairs(from.Labels), pod: PodSpec{
		Args: arguments(from.Args),
		Env: named(from.Env, func(name string, v schema.JobVariable) (Variable, bool) {
			return Variable{Name: name, JobVariable: v}, v != schema.JobVariable{}
		}),
		Ports: named(from.Ports, func(name string, number int64) (Port, bool) {
			return Port{Name: name, Number: int(number)}, number != 0
		}),
		Mounts: named(from.Mounts, func(name string, m schema.JobMount) (Mount, bool) {
			return Mount{Name: name, JobMount: m}, m.Path != ""
		}),
		Volumes: named(from.Volumes, func(name string, v schema.JobVolume) (Volume, bool) {
			return Volume{Name: name, JobVolume: v}, v != schema.JobVolume{}
		}),
	}}
}

// named turns a map into a list sorted by name, of those that are kept.
func named[V, T any](m map[string]V, item func(string, V) (T, bool)) []T {
	var list []T
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if it, keep := item(name, m[name]); keep {
			list = append(list, it)
		}
	}
	return list
}

// sortedPairs are the pairs of a map that have a value.
func sortedPairs(m map[string]string) Pairs {
	return named(m, func(key, value string) (yamlwriter.Pair, bool) {
		return yamlwriter.Pair{Key: key, Value: value}, value != ""
	})
}

// arguments writes flags with their values: --flag=value, or --flag alone for
// an empty value.
func arguments(flags map[string][]string) []string {
	var args []string
	for _, flag := range slices.Sorted(maps.Keys(flags)) {
		for _, value := range flags[flag] {
			if value != "" {
				value = "=" + value
			}
			args = append(args, flag+value)
		}
	}
	return args
}

// A value takes the place of its name, which is in braces, in a part's texts.
type value struct{ name, text string }

// with is the part with values filled in.
func (p *part) with(values ...value) *part {
	filled := &part{labels: make(Pairs, len(p.labels)), pod: PodSpec{
		Args:    make([]string, len(p.pod.Args)),
		Env:     slices.Clone(p.pod.Env),
		Ports:   p.pod.Ports,
		Mounts:  slices.Clone(p.pod.Mounts),
		Volumes: slices.Clone(p.pod.Volumes),
	}}
	for i, label := range p.labels {
		filled.labels[i] = yamlwriter.Pair{Key: fill(label.Key, values), Value: fill(label.Value, values)}
	}
	for i, arg := range p.pod.Args {
		filled.pod.Args[i] = fill(arg, values)
	}
	for i := range filled.pod.Env {
		filled.pod.Env[i].Value = fill(filled.pod.Env[i].Value, values)
	}
	for i := range filled.pod.Mounts {
		mount := &filled.pod.Mounts[i]
		mount.Name, mount.Path = fill(mount.Name, values), fill(mount.Path, values)
	}
	for i := range filled.pod.Volumes {
		filled.pod.Volumes[i] = fillVolume(filled.pod.Volumes[i], values)
	}
	return filled
}

// fillVolume fills values into a volume's name and the name of what it shows.
func fillVolume(volume Volume, values []value) Volume {
	volume.Name = fill(volume.Name, values)
	if volume.Secret != nil {
		secret := *volume.Secret
		secret.SecretName = fill(secret.SecretName, values)
		volume.Secret = &secret
	}
	if volume.ConfigMap != nil {
		configMap := *volume.ConfigMap
		configMap.Name = fill(configMap.Name, values)
		volume.ConfigMap = &configMap
	}
	return volume
}

// fill puts values in the place of their names.
func fill(text string, values []value) string {
	for _, v := range values {
		text = strings.ReplaceAll(text, v.name, v.text)
	}
	return text
}
