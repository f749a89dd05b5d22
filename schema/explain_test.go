package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-ci/drover/schema"
)

func TestExplain(t *testing.T) {
	low, high := int64(0), int64(100_000)
	cases := map[string]struct {
		reason, path string
		want         schema.Reference
	}{
		"kind": {
			reason: "a kind alone is explained by its definition",
			path:   "quotas",
			want: schema.Reference{
				Path: "quotas", Name: "quotas", Type: "QuotasFile", HasFields: true,
				Doc: "The quotas: how many leases of each type may be held at once.",
			},
		},
		"list": {
			reason: "the fields of a list are those of its items",
			path:   "ci-operator.tests.optional",
			want: schema.Reference{
				Path: "ci-operator.tests.optional", Name: "optional", Type: "boolean",
				Doc: "A failure does not block a merge.",
			},
		},
		"problem's path": {
			reason: "what a problem says can be asked for as it stands",
			path:   "ci-operator.releases.latest.candidate.relative",
			want: schema.Reference{
				Path: "ci-operator.releases.candidate.relative", Name: "relative", Type: "integer",
				Doc: "How many builds before the latest.", Min: &low,
			},
		},
		"values": {
			reason: "an enumeration gives its values",
			path:   "ci-operator.releases.prerelease.product",
			want: schema.Reference{
				Path: "ci-operator.releases.prerelease.product", Name: "product", Type: "string", Required: true,
				Doc: "The product.", TypeDoc: "What is released.", Values: []string{"ocp", "okd", "okd-scos"},
			},
		},
		"default": {
			reason: "a comment's default stands apart",
			path:   "ci-operator.releases.release.architecture",
			want: schema.Reference{
				Path: "ci-operator.releases.release.architecture", Name: "architecture", Type: "string",
				Doc: "The architecture.", Default: "amd64",
				TypeDoc: "The processor architecture of a release: amd64, arm64, ppc64le or s390x, " +
					"unless known.architectures in drover.yaml lists others; or multi for all.",
			},
		},
		"narrower form": {
			reason: "a definition with a bound of its own keeps its name and its words",
			path:   "ci-operator.tests.timeout",
			want: schema.Reference{
				Path: "ci-operator.tests.timeout", Name: "timeout", Type: "Duration", Doc: "How long the job may take.",
				TypeDoc: "A length of time: a number with a unit, such as \"90m\" or \"1h30m\". " +
					"A bare number is read as nanoseconds, as today's tools read it.",
				Form: "a duration of at most 72h",
			},
		},
		"bounds": {
			reason: "names and numbers say their bounds",
			path:   `quotas.quotas["aws-quota-slice"]`,
			want: schema.Reference{
				Path: "quotas.quotas", Name: "quotas", Type: "map[string]integer", Required: true, Doc: "Slices by lease type.",
				KeyPattern: "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$", Min: &low, Max: &high,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := schema.Explain(tc.path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, *got, cmpopts.IgnoreFields(schema.Reference{}, "Fields")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestExplainSaysWhatWasMeant(t *testing.T) {
	for path, want := range map[string]string{
		"":                         "no kind of file is given; want one of ci-operator, ref,",
		"ci-operatr":               `"ci-operatr" is no kind of file; did you mean "ci-operator"?`,
		"jenkins":                  `"jenkins" is no kind of file; want one of ci-operator,`,
		"ci-operator.tests.stepps": `ci-operator.tests has no field "stepps"; did you mean "steps"?`,
		"ci-operator.tests.as.x":   `ci-operator.tests.as has no fields (found "x")`,
		"drover.publish.zzz":       `drover.publish has no field "zzz"; want one of configMap, parts, split, namespace, namespaces, files, as, fullPath, gzip, targets, groups`,
	} {
		if _, err := schema.Explain(path); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Explain(%q) says %v, want %s", path, err, want)
		}
	}
}

// TestEveryFieldCanBeExplained walks all kinds: what one answer names as a
// field, the next explains.
func TestEveryFieldCanBeExplained(t *testing.T) {
	walked := 0
	var walk func(path string, above []string)
	walk = func(path string, above []string) {
		found, err := schema.Explain(path)
		if err != nil {
			t.Fatal(err)
		}
		walked++
		if found.Path != path || found.Type == "" || len(above) > 20 {
			t.Errorf("%s is explained as %s, of type %q", path, found.Path, found.Type)
		}
		if found.HasFields != (len(found.Fields) > 0) {
			t.Errorf("%s has %d fields, but says otherwise", path, len(found.Fields))
		}
		for _, field := range found.Fields {
			walk(field.Path, append(above, found.Type))
		}
	}
	for _, kind := range schema.Kinds() {
		inCluster := kind.Definition == string(schema.ConfigRepo)
		if kind.Doc == "" || (len(kind.Files) == 0 && !inCluster) {
			t.Errorf("kind %s does not say what it is, or where", kind.Name)
		}
		walk(kind.Name, nil)
	}
	if walked < 1000 {
		t.Errorf("only %d fields were explained", walked)
	}
}
