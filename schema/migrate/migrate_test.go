package migrate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/badrepo"
	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/migrate"
)

// rewrite is the function for a file of testdata.
func rewrite(name string) func(file string, data []byte) (migrate.Result, []schema.Problem) {
	if strings.HasPrefix(name, "profiles") {
		return migrate.ClusterProfiles
	}
	return func(file string, data []byte) (migrate.Result, []schema.Problem) { return migrate.Config(file, data) }
}

// TestGolden rewrites files with comments in all places. What it gives is in
// today's form: rewriting that changes nothing.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			again := rewrite(filepath.Base(file))
			result, problems := again(file, data)
			if len(problems) > 0 || len(result.Changes) == 0 {
				t.Fatalf("%v, %d changes", problems, len(result.Changes))
			}
			golden.Equal(t, result.Content, strings.TrimSuffix(file, ".yaml")+".golden")
			second, problems := again(file, result.Content)
			if len(problems) > 0 || len(second.Changes) > 0 || !bytes.Equal(second.Content, result.Content) {
				t.Errorf("rewriting it again changes it (-first +second):\n%s\n%v", cmp.Diff(string(result.Content), string(second.Content)), problems)
			}
			windows, problems := again(file, bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
			if want := bytes.ReplaceAll(result.Content, []byte("\n"), []byte("\r\n")); len(problems) > 0 || !bytes.Equal(windows.Content, want) {
				t.Errorf("with other line ends (-want +got):\n%s\n%v", cmp.Diff(string(want), string(windows.Content)), problems)
			}
		})
	}
}

func TestWhatCannotBeRewritten(t *testing.T) {
	const belongs = "\nzz_generated_metadata: {org: o, repo: r, branch: main}\n"
	for name, tc := range map[string]struct{ file, want string }{
		"no YAML": {
			file: "images: [",
			want: "f:1:1: the file is not valid YAML: did not find expected node content " +
				"(found nothing where a value should be, want one, or the bracket before it closed) [yaml-syntax]",
		},
		"both forms": {
			file: "build_images_if_affected: true\nimages: {build_if_affected: true}" + belongs,
			want: "f:1:1: build_images_if_affected: the field is given twice, in an older and in today's form " +
				"(found build_images_if_affected and images.build_if_affected, want the latter alone) [duplicate-field]",
		},
		"not a line a field": {
			file: `{"zz_generated_metadata": {"org": "o", "repo": "r", "branch": "main"}, "images": [{"to": "a"}]}`,
			want: "f:1:72: images: drover migrate cannot rewrite the file: its fields are not on a line each; rewrite it by hand: " +
				"the list of images is an older form (found images, want images.items) [migrate-by-hand]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			result, problems := migrate.Config("f", []byte(tc.file))
			if result.Content != nil || len(problems) != 1 || problems[0].String() != tc.want {
				t.Errorf("got %q, %v, want %s", result.Content, problems, tc.want)
			}
		})
	}
}

// TestTheBadRepositoryCannotBeRewritten holds the one of fixtures/bad that only
// a person can rewrite against its want.txt.
func TestTheBadRepositoryCannotBeRewritten(t *testing.T) {
	const file = "ci-operator/config/o/r/o-r-main.yaml"
	dir := badrepo.Folder(migrate.RuleByHand)
	content, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	_, problems := migrate.Config(file, content)
	if len(problems) != 1 {
		t.Fatalf("got %v, want one problem", problems)
	}
	golden.Equal(t, []byte(problems[0].String()+"\n"), filepath.Join(dir, badrepo.Want))
}

// TestOtherMistakesStay has a file with a mistake that no form explains.
func TestOtherMistakesStay(t *testing.T) {
	result, problems := migrate.Config("f", []byte("images:\n- too: a\n"))
	if want := "images:\n  items:\n  - too: a\n"; len(problems) > 0 || string(result.Content) != want {
		t.Errorf("got %q, %v, want %q", result.Content, problems, want)
	}
}

// TestProwgenFiles writes what such files say into configurations of several
// styles.
func TestProwgenFiles(t *testing.T) {
	ofRepo := &schema.ProwgenFile{Expose: true, Rehearsals: schema.ProwgenRehearsals{DisabledRehearsals: []string{"e2e"}}}
	ofOrg := &schema.ProwgenFile{Private: true, SlackReporter: []schema.ProwgenReporter{{
		Channel: "#team", JobStatesToReport: []string{"failure"}, JobNames: []string{"unit", "images"},
	}}}
	files, err := filepath.Glob("testdata/prowgen/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			result, problems := migrate.Config(file, data, ofRepo, ofOrg)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			golden.Equal(t, result.Content, strings.TrimSuffix(file, ".yaml")+".golden")
			var before, after schema.Config
			schema.Decode(file, data, &before)
			schema.Decode(file, result.Content, &after)
			change := schema.ChangeByProwgen(&before, ofRepo, ofOrg)
			if !reflect.DeepEqual(change.Apply(&before), &after) || !after.Prowgen.Private || !after.Prowgen.Expose {
				t.Errorf("(-want +got):\n%s", cmp.Diff(change.Apply(&before), &after))
			}
			if second, _ := migrate.Config(file, result.Content, ofRepo, ofOrg); !bytes.Equal(second.Content, result.Content) {
				t.Error("rewriting it again changes it")
			}
		})
	}
}
