package configmaps_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/configmaps"
	"github.com/drover-ci/drover/schema"
)

func publication(contents map[string]string, paths ...string) configmaps.Publication {
	return configmaps.Publication{
		Settings: "drover.yaml",
		Paths:    paths,
		Read: func(path string) ([]byte, error) {
			content, ok := contents[path]
			if !ok {
				return nil, errors.New("no such file")
			}
			return []byte(content), nil
		},
	}
}

func TestPublish(t *testing.T) {
	files := publication(map[string]string{"a/x.yaml": "x", "a/b/y.yaml": "y", "c/x.yaml": "\xff", "d/x y.yaml": "z"}, "a/b/y.yaml", "a/x.yaml", "c/x.yaml", "d/x y.yaml")
	cases := map[string]struct {
		reason  string
		rule    schema.Publish
		want    map[string]any
		problem string
	}{
		"one file": {
			reason: "a single file may be renamed",
			rule:   schema.Publish{Files: []string{"a/x.yaml"}, As: "config.yaml"},
			want:   map[string]any{"data": map[string]any{"config.yaml": "x"}},
		},
		"crossing": {
			reason: "** crosses folders",
			rule:   schema.Publish{Files: []string{"a/**/*.yaml"}},
			want:   map[string]any{"data": map[string]any{"x.yaml": "x", "y.yaml": "y"}},
		},
		"binary": {
			reason: "what is no text is binary",
			rule:   schema.Publish{Files: []string{"c/*"}},
			want:   map[string]any{"binaryData": map[string]any{"x.yaml": "/w=="}},
		},
		"braces": {
			reason: "either of some texts",
			rule:   schema.Publish{Files: []string{"{a,b}/{x,z}.y[a]ml", "a/?/*"}},
			want:   map[string]any{"data": map[string]any{"x.yaml": "x", "y.yaml": "y"}},
		},
		"no key": {
			reason:  "the server takes no other",
			rule:    schema.Publish{Files: []string{"d/*"}},
			problem: `drover.yaml: publish[0]: the file's name cannot be a key (found "x y.yaml", want letters, digits, "-", "_" and ".", or as for a single file) [publish-key]`,
		},
		"a key instead": {
			reason: "a single file may have another",
			rule:   schema.Publish{Files: []string{"d/*"}, As: "x.yaml"},
			want:   map[string]any{"data": map[string]any{"x.yaml": "z"}},
		},
		"same key": {
			reason:  "no file is lost behind another",
			rule:    schema.Publish{Files: []string{"**/x.yaml"}},
			problem: `drover.yaml: publish[0]: two files get the same key (found "x.yaml" for a/x.yaml and c/x.yaml, want fullPath, which gives each its own) [publish-key]`,
		},
		"full path": {
			reason: "files of one name have keys of their own, as Prow's config-updater names them",
			rule:   schema.Publish{Files: []string{"**/x.yaml"}, FullPath: true},
			want:   map[string]any{"data": map[string]any{"a-x.yaml": "x"}, "binaryData": map[string]any{"c-x.yaml": "/w=="}},
		},
		"one key for two": {
			reason:  "only a single file can be renamed",
			rule:    schema.Publish{Files: []string{"a/**"}, As: "one"},
			problem: `drover.yaml: publish[0].as: only a single file has a key of its own (found "one" for 2 files, want a glob that matches one, or no as) [publish-key]`,
		},
		"two names": {
			reason:  "a ConfigMap has one name",
			rule:    schema.Publish{Files: []string{"a/**"}, Parts: []string{"n"}},
			problem: `drover.yaml: publish[0]: a ConfigMap has a name, or parts that do (found both, want either configMap or parts) [publish-name]`,
		},
		"two places": {
			reason:  "the namespace is said once",
			rule:    schema.Publish{Files: []string{"a/**"}, Namespace: "a", Namespaces: []string{"b"}},
			problem: `drover.yaml: publish[0].namespace: the namespaces are said twice (found namespace "a" beside namespaces ["b"], want one of the two) [publish-place]`,
		},
		"no group": {
			reason:  "a group that is not there is no place",
			rule:    schema.Publish{Files: []string{"a/**"}, Groups: []string{"buildfarm"}},
			problem: `drover.yaml: publish[0].groups[0]: the group is not there, or has no targets or no namespaces (found "buildfarm"`,
		},
		"none": {
			reason:  "a misspelt pattern does not empty a ConfigMap",
			rule:    schema.Publish{Files: []string{"z/*"}},
			problem: `drover.yaml: publish[0].files: no file is published (found none that matches ["z/*"], want globs of files from the root of the repository) [publish-empty]`,
		},
		"pattern": {
			reason:  "a pattern is checked",
			rule:    schema.Publish{Files: []string{"a/["}},
			problem: `drover.yaml: publish[0].files[0]: the glob cannot be read (found "a/[", want brackets and braces in pairs) [publish-glob]`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.rule.ConfigMap = "m"
			objects, problems := files.Publish([]schema.Publish{tc.rule})
			if tc.problem != "" {
				if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), tc.problem) || len(objects) > 0 {
					t.Errorf("%s: got %v, want %s", tc.reason, problems, tc.problem)
				}
				return
			}
			if len(problems) > 0 || len(objects) != 1 {
				t.Fatalf("%s: problems %v", tc.reason, problems)
			}
			tc.want["apiVersion"], tc.want["kind"] = "v1", "ConfigMap"
			tc.want["metadata"] = map[string]any{"name": "m", "namespace": "ci"}
			if diff := cmp.Diff(tc.want, objects[0].Object); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPublishGoesWhereItIsSaid(t *testing.T) {
	rules := []schema.Publish{
		{ConfigMap: "grouped", Files: []string{"a"}, Groups: []string{"farm"}},
		{ConfigMap: "both", Files: []string{"a"}, Groups: []string{"farm"}, Targets: []string{"build01"}, Namespaces: []string{"ci", "other"}},
		{ConfigMap: "home", Files: []string{"a"}},
	}
	for target, want := range map[string][]string{
		"home":    {"ci/home"},
		"build01": {"ci/grouped", "ocp/grouped", "ci/both", "ocp/both", "other/both"},
		"build02": {"ci/grouped", "ocp/grouped", "ci/both", "ocp/both"},
		"build03": nil,
	} {
		files := publication(map[string]string{"a": "x"}, "a")
		files.Target, files.Home = target, "home"
		files.Groups = map[string]schema.PublishGroup{"farm": {Targets: []string{"build02", "build01"}, Namespaces: []string{"ocp", "ci"}}}
		objects, problems := files.Publish(rules)
		var found []string
		for _, object := range objects {
			found = append(found, object.GetNamespace()+"/"+object.GetName())
		}
		if diff := cmp.Diff(want, found); diff != "" || len(problems) > 0 {
			t.Errorf("%s: problems %v (-want +got):\n%s", target, problems, diff)
		}
	}
}

// TestPublishDivides divides what is too large for one ConfigMap: among named
// parts as config-updater does, and among as many as it takes.
func TestPublishDivides(t *testing.T) {
	contents := map[string]string{}
	var paths []string
	for i := range 40 {
		name := fmt.Sprintf("c/%02d.yaml", i)
		contents[name] = strings.Repeat("x", 40<<10)
		paths = append(paths, name)
	}
	files := publication(contents, paths...)
	count := func(rule schema.Publish) map[string]int {
		t.Helper()
		rule.Files = []string{"c/*"}
		objects, problems := files.Publish([]schema.Publish{rule})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		found := map[string]int{}
		for _, object := range objects {
			data, _ := object.Object["data"].(map[string]any)
			found[object.GetName()] = len(data)
		}
		return found
	}
	parts := count(schema.Publish{Parts: []string{"p", "q", "r"}})
	want := map[string]int{}
	for _, file := range paths {
		want[[]string{"p", "q", "r"}[int(sha256.Sum256([]byte(file[2:]))[0])%3]]++
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	split := count(schema.Publish{ConfigMap: "m", Split: true})
	total := 0
	for name, files := range split {
		if !strings.HasPrefix(name, "m-") {
			t.Errorf("a part is called %s", name)
		}
		total += files
	}
	if total != 40 || len(split) < 2 {
		t.Errorf("split: %v", split)
	}
	if _, problems := files.Publish([]schema.Publish{{ConfigMap: "m", Files: []string{"c/*"}}}); len(problems) != 1 {
		t.Errorf("whole: problems %v", problems)
	}
}

func TestPublishRefusesWhatTheServerWould(t *testing.T) {
	files := publication(map[string]string{"a": strings.Repeat("x", 1<<20+1)}, "a")
	if _, problems := files.Publish([]schema.Publish{{ConfigMap: "m", Files: []string{"a"}}}); len(problems) != 1 || problems[0].Rule != configmaps.RulePublishSize {
		t.Errorf("got %v", problems)
	}
	if objects, problems := files.Publish([]schema.Publish{{ConfigMap: "m", Files: []string{"a"}, Gzip: true}}); len(problems) > 0 || len(objects) != 1 {
		t.Errorf("compressed: got %v", problems)
	}
}

// jobFiles makes files that do not compress, so that they fill parts.
func jobFiles(t *testing.T, count int) map[string]*configmaps.Compressed {
	t.Helper()
	files := make(map[string]*configmaps.Compressed, count)
	for i := range count {
		var content bytes.Buffer
		for j := range 64 {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d %d", i, j))
			content.Write(sum[:])
		}
		key := fmt.Sprintf("job-%d.yaml", i)
		file, err := configmaps.Compress(key, content.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		files[key] = &file
	}
	return files
}

// TestCompressingDependsOnNothingBefore compresses files in two orders, since the
// memory for it is used again.
func TestCompressingDependsOnNothingBefore(t *testing.T) {
	contents := []string{strings.Repeat("job ", 40_000), "", strings.Repeat("- name: unit\n", 9000), "x"}
	first := map[string]string{}
	for round := range 3 {
		for i := range contents {
			content := contents[(i*3+round)%len(contents)]
			file, err := configmaps.Compress("key", []byte(content))
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range contents {
				if file.Holds([]byte(other)) != (other == content) {
					t.Errorf("%d bytes are taken for %d others, or not for themselves", len(content), len(other))
				}
			}
			object := partition(map[string]*configmaps.Compressed{"key": &file}).Objects()[0]
			binary, _ := object.Object["binaryData"].(map[string]any)
			compressed, _ := binary["key"].(string)
			if before, ok := first[content]; ok && before != compressed || compressed == "" {
				t.Errorf("%d bytes are compressed to others in round %d", len(content), round)
			}
			first[content] = compressed
		}
	}
}

func TestPartitionHoldsEveryFileBelowTheLimit(t *testing.T) {
	found := map[string]bool{}
	for _, part := range partition(jobFiles(t, 2000)).Objects() {
		binary, _ := part.Object["binaryData"].(map[string]any)
		size := 0
		for key, encoded := range binary {
			text, _ := encoded.(string)
			content, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			reader, err := gzip.NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := io.ReadAll(reader); err != nil || len(plain) != 64*sha256.Size || found[key] {
				t.Errorf("%s: %d bytes, %v, there before: %v", key, len(plain), err, found[key])
			}
			found[key] = true
			size += len(key) + len(content)
		}
		if size > 1<<20 {
			t.Errorf("%s has %d bytes", part.GetName(), size)
		}
	}
	if len(found) != 2000 {
		t.Errorf("%d files, want 2000", len(found))
	}
}

// partition divides files from nothing.
func partition(files map[string]*configmaps.Compressed) *configmaps.Partition {
	return configmaps.NewPartition("ci", "job-config").Next(nil, slices.Collect(maps.Values(files)))
}

// TestAChangeTouchesOnePart changes, adds and takes away files at random: one
// part changes, or one becomes two or two become one, and dividing from the last
// is dividing from nothing.
func TestAChangeTouchesOnePart(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 3))
	files := jobFiles(t, 1500)
	now := partition(files)
	if len(now.Objects()) < 4 {
		t.Fatalf("only %d parts", len(now.Objects()))
	}
	shapes := 0
	for step := range 100 {
		keys := slices.Sorted(maps.Keys(files))
		key := keys[random.IntN(len(keys))]
		var without, with []*configmaps.Compressed
		switch random.IntN(4) {
		case 0:
			without = append(without, files[key])
			delete(files, key)
		case 1:
			key = fmt.Sprintf("added-%d.yaml", step)
			fallthrough
		default:
			content := make([]byte, random.IntN(60<<10))
			for i := range content {
				content[i] = byte(random.Uint32())
			}
			file, err := configmaps.Compress(key, content)
			if err != nil {
				t.Fatal(err)
			}
			if before := files[key]; before != nil {
				without = append(without, before)
			}
			files[key] = &file
			with = append(with, &file)
		}
		next := now.Next(without, with)
		if fresh := partition(files); !reflect.DeepEqual(objectsByName(fresh), objectsByName(next)) {
			t.Fatalf("step %d: dividing from the last differs from dividing from nothing", step)
		}
		touched := touchedParts(now, next)
		if len(touched) > 1 {
			shapes++
			joined := touched[0] // the shortest name comes first: the part that was split, or that others were joined to
			if slices.ContainsFunc(touched, func(name string) bool { return !strings.HasPrefix(name, joined) }) {
				t.Errorf("step %d: a change of %s touches %q", step, key, touched)
			}
		}
		now = next
	}
	if shapes == 0 || shapes > 20 {
		t.Errorf("parts were split or joined %d times in 100 changes", shapes)
	}
}

// TestAFileThatMovesCanGoLater has a file come from another folder with the content
// that it had, which changes nothing, and then go.
func TestAFileThatMovesCanGoLater(t *testing.T) {
	before, moved, other := jobFiles(t, 1)["job-0.yaml"], jobFiles(t, 1)["job-0.yaml"], jobFiles(t, 2)["job-1.yaml"]
	first := configmaps.NewPartition("ci", "job-config").Next(nil, []*configmaps.Compressed{before, other})
	second := first.Next([]*configmaps.Compressed{before}, []*configmaps.Compressed{moved})
	if touched := touchedParts(first, second); len(touched) > 0 {
		t.Errorf("the move touches %q", touched)
	}
	third := second.Next([]*configmaps.Compressed{moved}, nil)
	if diff := cmp.Diff(objectsByName(partition(map[string]*configmaps.Compressed{"": other})), objectsByName(third)); diff != "" {
		t.Errorf("what went (-want +got):\n%s", diff)
	}
}

func objectsByName(p *configmaps.Partition) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, object := range p.Objects() {
		all[object.GetName()] = object.Object
	}
	return all
}

// touchedParts names the parts that are new, gone or changed, in order.
func touchedParts(before, after *configmaps.Partition) []string {
	old, now := objectsByName(before), objectsByName(after)
	var touched []string
	for name, object := range old {
		if !reflect.DeepEqual(object, now[name]) {
			touched = append(touched, name)
		}
	}
	for name := range now {
		if old[name] == nil {
			touched = append(touched, name)
		}
	}
	slices.Sort(touched)
	return touched
}

func TestNamespacesAreThoseNotDeclared(t *testing.T) {
	files := publication(map[string]string{"a": "x"}, "a")
	objects, _ := files.Publish([]schema.Publish{
		{ConfigMap: "m", Files: []string{"a"}}, {ConfigMap: "n", Files: []string{"a"}}, {ConfigMap: "m", Namespace: "prow", Files: []string{"a"}},
	})
	namespaces := configmaps.Namespaces(objects, nil)
	if len(namespaces) != 2 || namespaces[0].GetName() != "ci" || namespaces[1].GetName() != "prow" {
		t.Errorf("got %v", namespaces)
	}
	if again := configmaps.Namespaces(objects, []generators.Object{namespaces[0]}); len(again) != 1 {
		t.Errorf("with ci declared: got %v", again)
	}
}
