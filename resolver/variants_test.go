package resolver_test

import (
	"runtime"
	"testing"

	"github.com/drover-ci/drover/resolver"
)

func TestEqualStepsAreOne(t *testing.T) {
	r := registry(t, toolbox)
	resolve := func(tests string) *resolver.Steps {
		resolved, findings := r.Resolve(config(t, tests))
		if len(findings) > 0 {
			t.Fatal(lines(findings))
		}
		return resolved.Steps(0)
	}
	plain := resolve(`[{as: a, steps: {workflow: e2e}}]`)
	north := resolve(`[{as: a, steps: {workflow: e2e, env: {REGION: north}}}]`)
	north2 := resolve(`[{as: b, steps: {pre: [{ref: install}], env: {REGION: north, SIZE: inner}}}]`)
	same := resolve(`[{as: a, steps: {workflow: e2e, env: {REGION: outer}}}]`)
	if plain.Pre[0] == north.Pre[0] {
		t.Error("steps with different values are one")
	}
	if plain.Pre[0] != same.Pre[0] {
		t.Error("a value that changes nothing makes another step")
	}
	if plain.Post[0] != north.Post[0] {
		t.Error("a value makes another step of one that does not declare it")
	}
	if diff := north.Pre[0].Literal().Environment[0]; *diff.Default != "north" {
		t.Errorf("REGION is %q, want north", *diff.Default)
	}
	again := resolve(`[{as: c, steps: {pre: [{ref: install}], env: {SIZE: inner, REGION: north}}}]`)
	if north2.Pre[0] != again.Pre[0] {
		t.Error("equal steps of two tests are not one")
	}
}

// Whoever resolves configurations for a moment must not make the registry grow.
func TestVariantsAreForgotten(t *testing.T) {
	r := registry(t, toolbox)
	before := r.VariantCount()
	resolved, _ := r.Resolve(config(t, `[{as: a, steps: {workflow: e2e, env: {REGION: elsewhere}}}]`))
	if r.VariantCount() <= before {
		t.Fatal("there is no variant to forget")
	}
	runtime.KeepAlive(resolved)
	for range 100 {
		if runtime.GC(); r.VariantCount() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("there are %d variants, want %d", r.VariantCount(), before)
}
