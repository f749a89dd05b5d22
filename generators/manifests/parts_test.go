package manifests_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/s2"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/manifests"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// said are objects and problems as texts.
func said(t *testing.T, objects []generators.Object, problems []schema.Problem) []string {
	t.Helper()
	var all []string
	for _, object := range objects {
		text, err := json.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s: %s %#v", object.Source, text, object.Object))
	}
	for _, problem := range problems {
		all = append(all, problem.String())
	}
	return all
}

// folderOf has plain files, a template, and kustomizations that share a base.
func folderOf() map[string]string {
	return map[string]string{
		"m/a.yaml": configMapA, "m/two.yaml": configMapA + "data: {n: 1}\n---\n" + configMapB,
		"m/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n",
		"m/t.yaml": "apiVersion: template.openshift.io/v1\nkind: Template\nparameters: [{name: SIZE, value: 3}]\nobjects:\n" +
			"- apiVersion: v1\n  kind: A\n  metadata: {name: t}\n  spec: {size: '${{SIZE}}'}\n",
		"m/k/kustomization.yaml":     "resources: [a.yaml, ../_base]\nnamePrefix: k-\n",
		"m/k/a.yaml":                 configMapA + "data: {n: 2}\n",
		"m/l/kustomization.yaml":     "resources: [../_base]\nconfigMapGenerator: [{name: made, files: [text.txt]}]\n",
		"m/l/text.txt":               "text",
		"m/_base/kustomization.yaml": "resources: [b.yaml]\n",
		"m/_base/b.yaml":             configMapB,
	}
}

// TestPartsChangeNoResult edits a folder at random. What is made with the parts of the
// revision before, or with those that another process noted, is what is made from
// nothing, and what did not change is not made again.
func TestPartsChangeNoResult(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) // repeatable on purpose
	contents := folderOf()
	whole := maps.Clone(contents)
	parameters := map[string]string{}
	build := func(parts *manifests.Parts) []string {
		files := filesOf(contents)
		if random.IntN(2) == 0 { // as Git's trees have them
			files.ID = func(path string) repolayout.ID { return repolayout.BlobID([]byte(contents[path])) }
		}
		objects, problems := manifests.Build(files, []schema.ManifestFolder{{Folder: "m", Parameters: parameters}}, parts)
		return said(t, objects, problems)
	}
	last := (*manifests.Parts)(nil).Next()
	build(last)
	for step := range 150 {
		name := slices.Sorted(maps.Keys(whole))[random.IntN(len(whole))]
		switch random.IntN(6) {
		case 0:
			delete(contents, name)
		case 1:
			contents[name] += "\n# more\n"
		case 2:
			contents[name] = strings.Replace(contents[name], "n: ", "n: 1", 1)
		case 3:
			contents[name] += "x: [\n"
		case 4:
			parameters = map[string]string{"SIZE": strconv.Itoa(random.IntN(3))}
		default:
			contents = maps.Clone(whole)
		}
		cold := build(nil)
		next := last.Next()
		if diff := cmp.Diff(cold, build(next)); diff != "" {
			t.Fatalf("step %d, %s, -from nothing +from the last revision:\n%s", step, name, diff)
		}
		other := (*manifests.Parts)(nil).Next()
		other.Recall(last.Note())
		if diff := cmp.Diff(cold, build(other)); diff != "" {
			t.Fatalf("step %d, %s, -from nothing +from what was noted:\n%s", step, name, diff)
		}
		again := next.Next()
		if build(again); again.Made() > 0 {
			t.Fatalf("step %d: %d parts are made again, of which nothing changed", step, again.Made())
		}
		next.Forget()
		last = next
	}
}

// TestAKustomizationFollowsWhatItAskedFor changes what lies outside of a kustomization's
// folder, what was not there when kustomize asked, and what it refuses. Each time both
// the revision before and what another process noted help, and change nothing.
func TestAKustomizationFollowsWhatItAskedFor(t *testing.T) {
	t.Parallel()
	const patch = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: ns}\ndata: {patched: 'yes'}\n"
	contents := folderOf()
	contents["m/k/kustomization.yaml"] += "components: [../../elsewhere/component]\n"
	contents["elsewhere/component/kustomization.yaml"] = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: patch.yaml}]\n"
	contents["elsewhere/component/patch.yaml"] = patch
	contents["m/l/kustomization.yaml"] += "generators: [generator.yaml]\n"
	const generator = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: generated}\nliterals: [a=b]\n"
	contents["m/l/generator.yaml"] = generator
	build := func(parts *manifests.Parts) []string {
		objects, problems := manifests.Build(filesOf(contents), []schema.ManifestFolder{{Folder: "m"}}, parts)
		return said(t, objects, problems)
	}
	last := (*manifests.Parts)(nil).Next()
	if all := strings.Join(build(last), "\n"); !strings.Contains(all, "patched") || !strings.Contains(all, "generated") {
		t.Fatalf("there is no component or no generator:\n%s", all)
	}
	remote := "resources: ['https://example.com/base?ref=v1']\n"
	for _, each := range []struct {
		what     string
		change   func()
		isChange bool
	}{
		{"a component's patch", func() { contents["elsewhere/component/patch.yaml"] = strings.Replace(patch, "yes", "no", 1) }, true},
		{"a generator", func() { contents["m/l/generator.yaml"] = strings.Replace(generator, "a=b", "a=c", 1) }, true},
		{"a second kustomization in a base", func() { contents["m/_base/kustomization.yml"] = "resources: [b.yaml]\n" }, true},
		{"none again", func() { delete(contents, "m/_base/kustomization.yml") }, true},
		{"what nobody asks for", func() { contents["m/_base/c.yaml"] = configMapB }, false},
		{"a folder in the place of a file", func() {
			delete(contents, "m/k/a.yaml")
			contents["m/k/a.yaml/kustomization.yaml"] = "configMapGenerator: [{name: a, literals: [x=y]}]\n"
		}, true},
		{"what is fetched", func() { contents["m/_base/kustomization.yaml"] = remote }, true},
		{"what is fetched by a component", func() {
			contents["m/_base/kustomization.yaml"] = "resources: [b.yaml]\n"
			contents["elsewhere/component/kustomization.yaml"] = remote
		}, true},
		{"no component", func() { delete(contents, "elsewhere/component/kustomization.yaml") }, true},
		{"no base", func() { delete(contents, "m/_base/kustomization.yaml") }, true},
	} {
		before := build(nil)
		each.change()
		cold := build(nil)
		if changed := !slices.Equal(before, cold); changed != each.isChange {
			t.Errorf("%s: changed %t, want %t:\n%s", each.what, changed, each.isChange, strings.Join(cold, "\n"))
		}
		next, other := last.Next(), (*manifests.Parts)(nil).Next()
		other.Recall(last.Note())
		if diff := cmp.Diff(cold, build(next)); diff != "" {
			t.Errorf("%s, -from nothing +from the last revision:\n%s", each.what, diff)
		}
		if diff := cmp.Diff(cold, build(other)); diff != "" {
			t.Errorf("%s, -from nothing +from what was noted:\n%s", each.what, diff)
		}
		last = next
	}
}

// TestOnlyWhatChangedIsMadeAgain counts: one file is one part, and a base those
// that are built on it.
func TestOnlyWhatChangedIsMadeAgain(t *testing.T) {
	t.Parallel()
	for changed, want := range map[string]int{"m/a.yaml": 1, "m/_base/b.yaml": 2, "m/l/text.txt": 1, "m/k/unrelated.md": 0} {
		contents := folderOf()
		parts := (*manifests.Parts)(nil).Next()
		build := func() int {
			_, problems := manifests.Build(filesOf(contents), []schema.ManifestFolder{{Folder: "m"}}, parts)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			return parts.Made()
		}
		if all := build(); all != 6 {
			t.Errorf("%d parts, want four files and two kustomizations", all)
		}
		parts = parts.Next()
		contents[changed] += "\n# changed\n"
		if made := build(); made != want {
			t.Errorf("%s: %d parts are made again, want %d", changed, made, want)
		}
	}
}

// TestSecretsAreNotNoted: what has a Secret is in no other place than the repository.
func TestSecretsAreNotNoted(t *testing.T) {
	t.Parallel()
	build := func(parts *manifests.Parts) int {
		manifests.Build(filesOf(folderOf()), []schema.ManifestFolder{{Folder: "m"}}, parts)
		return parts.Made()
	}
	parts, other := (*manifests.Parts)(nil).Next(), (*manifests.Parts)(nil).Next()
	build(parts)
	note, err := io.ReadAll(s2.NewReader(bytes.NewReader(parts.Note())))
	if err != nil || !bytes.Contains(note, []byte("ConfigMap")) || bytes.Contains(note, []byte("hunter2")) {
		t.Errorf("a note of %d bytes, with a Secret or nothing else in it: %v", len(note), err)
	}
	other.Recall(parts.Note())
	if made := build(other); made != 1 {
		t.Errorf("%d parts are made again, want the one with the Secret", made)
	}
}
