package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/schema"
)

const belongs = "zz_generated_metadata:\n  org: o\n  repo: r\n  branch: main\n"

// TestOlderFormsAreReadAsTodays holds each older form against today's: the same
// value, and a warning at the place.
func TestOlderFormsAreReadAsTodays(t *testing.T) {
	for name, tc := range map[string]struct {
		older, today string
		want         []string
	}{
		"images": {
			older: "images:\n- from: a\n  to: b\n",
			today: "images:\n  items:\n  - from: a\n    to: b\n",
			want:  []string{`f:1:1: warning: images: the list of images is an older form (found images, want images.items); drover migrate rewrites it [deprecated]`},
		},
		"build_images_if_affected": {
			older: "build_images_if_affected: true\nimages:\n- to: b\n",
			today: "images:\n  build_if_affected: true\n  items:\n  - to: b\n",
			want: []string{
				`f:1:1: warning: build_images_if_affected: the field is an older form (found build_images_if_affected, want images.build_if_affected); drover migrate rewrites it [deprecated]`,
				`f:2:1: warning: images: the list of images is an older form (found images, want images.items); drover migrate rewrites it [deprecated]`,
			},
		},
		"build_images_if_affected without images": {
			older: "build_images_if_affected: true\n",
			today: "images:\n  build_if_affected: true\n",
			want:  []string{`f:1:1: warning: build_images_if_affected: the field is an older form (found build_images_if_affected, want images.build_if_affected); drover migrate rewrites it [deprecated]`},
		},
		"promotion": {
			older: "promotion:\n  registry_override: x\n  name: b\n  disable_build_cache: true\n  namespace: a\n  excluded_images: [c]\n",
			today: "promotion:\n  registry_override: x\n  disable_build_cache: true\n  to:\n  - {name: b, namespace: a, excluded_images: [c]}\n",
			want:  []string{`f:3:3: warning: promotion.name: one place beside promotion.to is an older form (found promotion.name, want it in an item of promotion.to); drover migrate rewrites it [deprecated]`},
		},
		"promotion beside others": {
			older: "promotion:\n  to:\n  - {namespace: a, name: b}\n  namespace: c\n  tag: d\n",
			today: "promotion:\n  to:\n  - {namespace: c, tag: d}\n  - {namespace: a, name: b}\n",
			want:  []string{`f:4:3: warning: promotion.namespace: one place beside promotion.to is an older form (found promotion.namespace, want it in an item of promotion.to); drover migrate rewrites it [deprecated]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var older, today schema.Config
			found := lines(schema.Decode("f", []byte(tc.older+belongs), &older))
			if diff := cmp.Diff(tc.want, found); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if problems := schema.Decode("f", []byte(tc.today+belongs), &today); len(problems) > 0 {
				t.Error(problems)
			}
			if diff := cmp.Diff(today, older); diff != "" {
				t.Errorf("value (-today +older):\n%s", diff)
			}
		})
	}
}

func TestOlderClusterProfilesAreReadAsTodays(t *testing.T) {
	var older, today schema.ClusterProfilesFile
	found := lines(schema.Decode("f", []byte("- profile: aws\n  owners:\n  - org: o\n- gcp\n"), &older))
	want := []string{
		`f:1:1: warning: the bare list of profiles is an older form (found a list, want it below cluster_profiles); drover migrate rewrites it [deprecated]`,
		`f:1:3: warning: cluster_profiles[0].profile: the field is an older form (found profile, want name); drover migrate rewrites it [deprecated]`,
		`f:4:3: warning: cluster_profiles[1]: a bare name is an older form (found gcp, want name: gcp); drover migrate rewrites it [deprecated]`,
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if problems := schema.Decode("f", []byte("cluster_profiles:\n- name: aws\n  owners: [{org: o}]\n- name: gcp\n"), &today); len(problems) > 0 {
		t.Error(problems)
	}
	if diff := cmp.Diff(today, older); diff != "" {
		t.Errorf("value (-today +older):\n%s", diff)
	}
}

// TestWhatOlderFormsCannotBeRead has errors, each at its place, and none twice.
func TestWhatOlderFormsCannotBeRead(t *testing.T) {
	for name, tc := range map[string]struct{ file, want string }{
		"a template test": {
			file: "tests:\n- as: e2e\n  commands: make\n  openshift_installer:\n    cluster_profile: aws\n",
			want: "f:4:3: tests[0].openshift_installer: template tests are gone and have no new form " +
				"(found openshift_installer, want steps with a workflow of the step registry) [removed-form]",
		},
		"both forms": {
			file: "build_images_if_affected: true\nimages:\n  build_if_affected: true\n",
			want: "f:1:1: build_images_if_affected: the field is given twice, in an older and in today's form " +
				"(found build_images_if_affected and images.build_if_affected, want the latter alone) [duplicate-field]",
		},
		"a mistake inside": {
			file: "images:\n- form: a\n  to: b\n",
			want: "f:2:3: images.items[0].form: the field is not known (found \"form\", want one that there is); did you mean \"from\"? [unknown-field]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var config schema.Config
			var found []string
			for _, problem := range schema.Decode("f", []byte(tc.file+belongs), &config) {
				if problem.Severity == schema.Error {
					found = append(found, problem.String())
				}
			}
			if diff := cmp.Diff([]string{tc.want}, found); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestLocateFindsFieldsInOlderForms asks for places as rules do, by today's
// paths.
func TestLocateFindsFieldsInOlderForms(t *testing.T) {
	file := []byte(belongs + "images:\n- from: a\n  to: b\npromotion:\n  namespace: c\n")
	for path, want := range map[string][2]int{
		"images.items[0].to":        {7, 3},
		"promotion.to[0].namespace": {9, 3},
	} {
		if line, column := schema.Locate(file, path); [2]int{line, column} != want {
			t.Errorf("%s is at %d:%d, want %v", path, line, column, want)
		}
	}
}

// TestOlderFormsAreDescribed holds what is read against the description: every
// field of promotion's older form that is not one of today's is a place's.
func TestOlderFormsAreDescribed(t *testing.T) {
	var flat strings.Builder
	place, err := schema.Explain("ci-operator.promotion.to")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range place.Fields {
		flat.WriteString("  " + field.Name + ": {}\n")
	}
	var config schema.Config
	for _, problem := range schema.Decode("f", []byte("promotion:\n"+flat.String()+belongs), &config) {
		if problem.Rule == schema.RuleUnknownField {
			t.Error(problem)
		}
	}
}

func lines(problems []schema.Problem) []string {
	var all []string
	for _, problem := range problems {
		all = append(all, problem.String())
	}
	return all
}
