package prowjobs

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// usualLabels is room for the labels of nearly every job.
const usualLabels = 8

// assemble joins parts into the labels and the pod of a job. Parts may bring
// the same thing twice, but not two things under one name.
func assemble(container *Container, parts []*part) (Pairs, PodSpec, error) {
	spec := withRoom(container, parts)
	labels := make(Pairs, 0, usualLabels)
	for i := range parts {
		pod := &parts[i].pod
		for _, label := range parts[i].labels {
			labels = labels.With(label.Key, label.Value)
		}
		spec.Args = append(spec.Args, pod.Args...)
		spec.Env = append(spec.Env, pod.Env...)
		spec.Ports = append(spec.Ports, pod.Ports...)
		spec.Mounts = append(spec.Mounts, pod.Mounts...)
		spec.Volumes = append(spec.Volumes, pod.Volumes...)
	}
	err := spec.tidy()
	return labels, spec, err
}

// withRoom is an empty pod whose lists have room for those of all parts, so
// that they are made once and never grow.
func withRoom(container *Container, parts []*part) PodSpec {
	var args, env, ports, mounts, volumes int
	for i := range parts {
		pod := &parts[i].pod
		args, env, ports = args+len(pod.Args), env+len(pod.Env), ports+len(pod.Ports)
		mounts, volumes = mounts+len(pod.Mounts), volumes+len(pod.Volumes)
	}
	return PodSpec{
		Container: container,
		Args:      make([]string, 0, args),
		Env:       make([]Variable, 0, env),
		Ports:     make([]Port, 0, ports),
		Mounts:    make([]Mount, 0, mounts),
		Volumes:   make([]Volume, 0, volumes),
	}
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

func (m Mount) id() string { return m.Name }
