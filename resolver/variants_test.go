package resolver_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
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

// The branches of a repository have the same tests: what these come to is there once,
// for as long as nothing differs that it follows from.
func TestEqualTestsAreOne(t *testing.T) {
	r := registry(t, toolbox)
	first := config(t, `[{as: a, steps: {workflow: e2e, env: {REGION: north}}}]`)
	other := *first
	other.Metadata.Branch = "release"
	onArm := other
	onArm.Tests = slices.Clone(first.Tests)
	onArm.Tests[0].NodeArchitecture = "arm64"
	steps := func(r *resolver.Registry, config *schema.Config) *resolver.Steps {
		resolved, findings := r.Resolve(config)
		if len(findings) > 0 {
			t.Fatal(lines(findings))
		}
		return resolved.Steps(0)
	}
	is := steps(r, first)
	if steps(r, &other) != is {
		t.Error("equal tests of two configurations are not one")
	}
	if steps(r, &onArm) == is {
		t.Error("a test for another architecture is the same")
	}
	changed, _ := r.Next(components(t, strings.Replace(toolbox, "commands: install.sh", "commands: install it", 1)))
	if now := steps(changed, first); now == is || now.Pre[0].Literal().Commands != "install it" {
		t.Errorf("with a changed step the test runs %q", now.Pre[0].Literal().Commands)
	}
}

// What is wrong with a test is said of each configuration that has it.
func TestFindingsOfEqualTestsAreTheirOwn(t *testing.T) {
	r := registry(t, toolbox)
	first := config(t, `[{as: a, steps: {workflow: e2e, env: {NOTHING: x}}}]`)
	other := *first
	other.Metadata.Branch = "release"
	for _, each := range []*schema.Config{first, &other} {
		_, findings := r.Resolve(each)
		if len(findings) != 1 || findings[0].Component.Name != each.Metadata.String() {
			t.Errorf("%s: found %v, want one of its own", each.Metadata, lines(findings))
		}
	}
}

// Whoever resolves configurations for a moment must not make the registry grow.
func TestWhatIsResolvedIsForgotten(t *testing.T) {
	const times, most = 2000, 900
	var posted []weak.Pointer[schema.TestSteps]
	r := registry(t, toolbox)
	kept, _ := r.Resolve(config(t, `[{as: a, steps: {workflow: e2e, env: {REGION: here}}}]`))
	for i := range times {
		each := config(t, fmt.Sprintf(`[{as: a, steps: {workflow: e2e, env: {REGION: "%d"}}}]`, i))
		if _, findings := r.Resolve(each); len(findings) > 0 {
			t.Fatal(lines(findings))
		}
		posted = append(posted, weak.Make(each.Tests[0].Steps))
		if i%100 == 0 {
			runtime.GC()
		}
	}
	if count := r.InUse(); count > most {
		t.Errorf("of %d configurations the registry has %d things, want at most %d", times, count, most)
	}
	for started := time.Now(); len(posted) > 0; runtime.GC() {
		posted = slices.DeleteFunc(posted, func(p weak.Pointer[schema.TestSteps]) bool { return p.Value() == nil })
		if time.Since(started) > time.Minute {
			t.Fatalf("of %d configurations that nobody has any more %d are left", times, len(posted))
		}
	}
	again, _ := r.Resolve(kept.Source())
	if again.Steps(0) != kept.Steps(0) {
		t.Error("what is in use was forgotten")
	}
}
