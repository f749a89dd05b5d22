package prowjobs

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// assemble joins parts into the labels and the pod of a job. Parts may bring
// the same thing twice, but not two things under one name.
func assemble(container *Container, shared, own []part) (Pairs, PodSpec, error) {
	spec := PodSpec{Container: container}
	var labels Pairs
	for _, parts := range [2][]part{shared, own} {
		for i := range parts {
			pod := &parts[i].pod
			for _, label := range parts[i].labels {
				labels.Set(label.Key, label.Value)
			}
			spec.Args = append(spec.Args, pod.Args...)
			spec.Env = append(spec.Env, pod.Env...)
			spec.Ports = append(spec.Ports, pod.Ports...)
			spec.Mounts = append(spec.Mounts, pod.Mounts...)
			spec.Volumes = append(spec.Volumes, pod.Volumes...)
		}
	}
	return labels, spec, spec.tidy()
}

// tidy sorts the lists of a pod and drops repetitions.
func (s *PodSpec) tidy() error {
	if !slices.ContainsFunc(s.Args, func(arg string) bool { return !strings.HasPrefix(arg, "--") }) {
		slices.Sort(s.Args)
	}
	s.Args = slices.Compact(s.Args)
	var errs [4]error
	s.Env, errs[0] = unique("environment variable", s.Env)
	s.Ports, errs[1] = unique("port", s.Ports)
	s.Mounts, errs[2] = unique("mount", s.Mounts)
	s.Volumes, errs[3] = unique("volume", s.Volumes)
	return cmp.Or(errs[:]...)
}

// unique sorts by name and drops repetitions.
func unique[T interface{ id() string }](what string, list []T) ([]T, error) {
	slices.SortStableFunc(list, func(a, b T) int { return strings.Compare(a.id(), b.id()) })
	kept := list[:0]
	for i, it := range list {
		if i == 0 || it.id() != list[i-1].id() {
			kept = append(kept, it)
		} else if !reflect.DeepEqual(it, kept[len(kept)-1]) {
			return nil, fmt.Errorf("%s %s is given twice, and differently", what, it.id())
		}
	}
	return kept, nil
}

func (v Variable) id() string { return v.Name }
func (p Port) id() string     { return p.Name }
func (v Volume) id() string   { return v.Name }

// id is the volume and the path: a volume may be mounted twice.
func (m Mount) id() string { return m.Name }
