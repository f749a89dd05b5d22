package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// comparison is what applying a revision to one target would do, or why that
// could not be found out.
type comparison struct {
	target      string
	differences []apply.Difference
	err         error

	objects []generators.Object
	open    func(ctx context.Context) (*apply.Target, error)
}

// refused is why the target would not take the revision, or nil.
func (c comparison) refused() *apply.RefusedError {
	refused, _ := errors.AsType[*apply.RefusedError](c.err)
	return refused
}

// compare asks all targets that are chosen, at the same time: the home of the
// jobs, then the others by name.
func (c diffCommand) compare(ctx context.Context, revision string, settings *schema.Settings, rendering *render.Rendering) ([]comparison, error) {
	cluster := clusterFlags{Kubeconfig: c.Kubeconfig}
	home, err := cluster.config(ctx)
	if err != nil {
		return nil, err
	}
	all := c.targets(settings, rendering, opener{home: home, contexts: cluster.contexts(), namespace: c.Namespace, owner: ownerOf(c.Owner)})
	if all, err = chosen(all, c.Target); err != nil {
		return nil, err
	}
	floor, share := reconciler.Limits(settings)
	var asking sync.WaitGroup
	for i := range all {
		asking.Go(func() {
			each := &all[i]
			target, err := each.open(ctx)
			if err == nil {
				target.Guard(floor, share)
				each.differences, err = target.Diff(ctx, revision, each.objects)
			}
			each.err = err
		})
	}
	asking.Wait()
	return all, nil
}

// targets are those that a repository is applied to, not asked yet.
func (c diffCommand) targets(settings *schema.Settings, rendering *render.Rendering, o opener) []comparison {
	open := func(config *rest.Config, options ...apply.Option) (*apply.Target, error) {
		return apply.New(config, append(options, apply.WithPatience(diffPatience))...)
	}
	home, others := "home", make(map[string]schema.Target)
	for _, spec := range settings.Targets {
		if rules.IsHome(spec) {
			home = cmp.Or(spec.Name, home)
		} else {
			others[spec.Name] = spec
		}
	}
	if _, taken := others[home]; taken {
		home = "the home of the jobs"
	}
	all := []comparison{{target: home, objects: rendering.Objects, open: func(context.Context) (*apply.Target, error) {
		return open(o.home, apply.WithOwner(o.owner), apply.WithNamespace(o.namespace))
	}}}
	for _, name := range slices.Sorted(maps.Keys(others)) {
		all = append(all, comparison{target: name, objects: rendering.Elsewhere[name], open: func(ctx context.Context) (*apply.Target, error) {
			config, err := o.config(ctx, others[name])
			if err != nil {
				return nil, err
			}
			config.Timeout = answerTimeout
			return open(config, apply.WithOwner(o.ownerAt(name)))
		}})
	}
	return all
}

// chosen are those of some names, in their order; all where none is given.
func chosen(all []comparison, names []string) ([]comparison, error) {
	if len(names) == 0 {
		return all, nil
	}
	known := make([]string, 0, len(all))
	for _, each := range all {
		known = append(known, each.target)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("--target %s: there is no such target; there are %s", name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(c comparison) bool { return !slices.Contains(names, c.target) }), nil
}
