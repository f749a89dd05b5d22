package resolver_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// The amounts for all other names are the larger ones, in any notation.
func TestMergeTakesLargerAmounts(t *testing.T) {
	tests := map[string]struct{ a, b, want string }{
		"milli":            {"500m", "1", "1"},
		"whole and milli":  {"2", "1500m", "2"},
		"equal":            {"1000m", "1", "1000m"},
		"binary":           {"1Gi", "900Mi", "1Gi"},
		"binary, decimal":  {"1G", "1Gi", "1Gi"},
		"kilo":             {"1k", "999", "1k"},
		"exponent":         {"1e3", "900", "1e3"},
		"only one":         {"", "1Ti", "1Ti"},
		"no amount at all": {"much", "1", "1"},
		"no unit at all":   {"9q", "1", "1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			merged := resolver.Merge([]*schema.Config{withMemory(tc.a), withMemory(tc.b)})
			if got := merged.Resources["*"].Requests["memory"]; got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func withMemory(amount string) *schema.Config {
	config := &schema.Config{Resources: schema.ResourceConfiguration{"*": {}}}
	if amount != "" {
		config.Resources["*"] = schema.ResourceRequirements{Requests: schema.ResourceList{"memory": amount}}
	}
	return config
}

const merged = `
zz_generated_metadata: {org: acme, repo: %, branch: main}
base_images: {cli: {namespace: acme, name: cli, tag: latest}}
base_rpm_images: {centos: {namespace: acme, name: centos, tag: "9"}}
build_root: {project_image: {dockerfile_path: Dockerfile, inputs: {cli: {as: [cli]}}}}
binary_build_commands: make %
rpm_build_commands: make rpms
rpm_build_location: out
canonical_go_repository: go.acme.org/%
releases: {latest: {integration: {namespace: acme, name: "%"}}}
images: {items: [{from: centos-without-rpms, to: %, inputs: {bin: {as: [bin]}, cli: {}, elsewhere: {}}}]}
resources: {"*": {requests: {cpu: "1"}}, unit: {requests: {cpu: "2"}}}
tests: [{as: unit, container: {from: src}}]
promotion: {to: [{namespace: acme, name: latest}]}`

func TestMerge(t *testing.T) {
	want := parse[schema.Config](t, `
zz_generated_metadata: {org: acme, repo: a, branch: main}
base_images: {cli-acme.a: {namespace: acme, name: cli, tag: latest}, cli-acme.b: {namespace: acme, name: cli, tag: latest}}
base_rpm_images: {centos-acme.a: {namespace: acme, name: centos, tag: "9"}, centos-acme.b: {namespace: acme, name: centos, tag: "9"}}
external_images: {}
build_roots:
  acme.a: {project_image: {ref: acme.a, dockerfile_path: Dockerfile, inputs: {cli-acme.a: {as: [cli]}}}}
  acme.b: {project_image: {ref: acme.b, dockerfile_path: Dockerfile, inputs: {cli-acme.b: {as: [cli]}}}}
binary_build_commands_list: [{ref: acme.a, commands: make a}, {ref: acme.b, commands: make b}]
rpm_build_commands_list: [{ref: acme.a, commands: make rpms}, {ref: acme.b, commands: make rpms}]
rpm_build_location_list: [{ref: acme.a, location: out}, {ref: acme.b, location: out}]
canonical_go_repository_list: [{ref: acme.a, repository: go.acme.org/a}, {ref: acme.b, repository: go.acme.org/b}]
releases: {latest: {integration: {namespace: acme, name: "a"}}}
images:
  items:
  - {ref: acme.a, from: centos-without-rpms-acme.a, to: a-acme.a, inputs: {bin-acme.a: {as: [bin]}, cli-acme.a: {}, elsewhere: {}}}
  - {ref: acme.b, from: centos-without-rpms-acme.b, to: b-acme.b, inputs: {bin-acme.b: {as: [bin]}, cli-acme.b: {}, elsewhere: {}}}
resources: {"*": {requests: {cpu: "1"}}, unit-acme.a: {requests: {cpu: "2"}}, unit-acme.b: {requests: {cpu: "2"}}}`)
	a := parse[schema.Config](t, strings.ReplaceAll(merged, "%", "a"))
	b := parse[schema.Config](t, strings.ReplaceAll(merged, "%", "b"))
	if diff := cmp.Diff(want, resolver.Merge([]*schema.Config{a, b})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(parse[schema.Config](t, strings.ReplaceAll(merged, "%", "a")), a); diff != "" {
		t.Errorf("the source was changed\n-want +got:\n%s", diff)
	}
}

// Today's resolver crashes where a merged configuration has no build root.
func TestMergeWithoutBuildRoot(t *testing.T) {
	if got := resolver.Merge([]*schema.Config{{}, {}}); len(got.BuildRoots) != 0 {
		t.Errorf("got build roots %v", got.BuildRoots)
	}
}

func TestInject(t *testing.T) {
	r := registry(t, toolbox)
	source := config(t, `[{as: e2e, interval: 4h, steps: {workflow: open, env: {SUITE: all}}}, {as: unit, container: {from: tests}, postsubmit: true}]`)
	source.BaseImages = map[string]schema.ImageStreamTagReference{"tests": {Tag: "x"}}
	source.Releases = map[string]schema.Release{"latest": {}, "custom": {}}
	from, findings := r.Resolve(source)
	if len(findings) > 0 {
		t.Fatal(lines(findings))
	}
	base := &schema.Config{
		TagSpecification: &schema.ReleaseTag{Name: "4.1"},
		Tests:            []schema.Test{{As: "e2e", Commands: "replaced"}, {As: "other"}},
	}
	got, err := resolver.Inject(base, from, "e2e")
	if err != nil {
		t.Fatal(err)
	}
	want := &schema.Config{
		TagSpecification: base.TagSpecification,
		BaseImages:       map[string]schema.ImageStreamTagReference{"tests-acme.rocket": {Tag: "x"}},
		Releases:         map[string]schema.Release{"custom": {}},
		Tests: append([]schema.Test{{As: "other"}}, config(t, `
- {as: e2e, literal_steps: {test: [{as: check, from: tests-acme.rocket, commands: check.sh, env: [{name: SUITE, default: all}]}]}}`).Tests...),
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, err = resolver.Inject(base, from, "unit")
	if err != nil {
		t.Fatal(err)
	}
	unit := got.Tests[2]
	if unit.Postsubmit || unit.Container.From != "tests-acme.rocket" || source.Tests[1].Container.From != "tests" {
		t.Errorf("got %+v, container %+v", unit, unit.Container)
	}
}
