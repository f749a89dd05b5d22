package migrate_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/migrate"
)

// TestRewritingKeepsWhatAConfigurationSays takes today's configurations, writes
// them in older forms with comments strewn in, and rewrites them: they say what
// they said, every comment is there once, and rewriting again changes nothing.
// With the full-scale corpus it takes each thirtieth configuration, or all of
// them where DROVER_SOAK is set.
func TestRewritingKeepsWhatAConfigurationSays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	files, older, unwritable := 0, 0, 0
	all := configurations(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		data := all[name]
		aged := age(t, random, data)
		if yaml.Unmarshal(aged, new(yaml.Node)) != nil {
			unwritable++ // the library writes text that begins with a comment so that it cannot read it
			continue
		}
		var want, read schema.Config
		schema.Decode(name, data, &want)
		found := schema.Decode(name, aged, &read)
		if !reflect.DeepEqual(want, read) || schema.HasErrors(found) {
			t.Fatalf("%s in older forms is read as something else (-want +got):\n%s\n%v\n%s", name, cmp.Diff(want, read), found, aged)
		}
		result, problems := migrate.Config(name, aged)
		if len(problems) > 0 {
			t.Fatalf("%s: %v\n%s", name, problems, aged)
		}
		var got schema.Config
		left := schema.Decode(name, result.Content, &got)
		if !reflect.DeepEqual(want, got) || len(left) > 0 {
			t.Fatalf("%s (-want +got):\n%s\n%v\n%s", name, cmp.Diff(want, got), left, result.Content)
		}
		if before, after := comments(aged), comments(result.Content); !slices.Equal(before, after) {
			t.Fatalf("%s: comments (-before +after):\n%s\n%s\n→\n%s", name, cmp.Diff(before, after), aged, result.Content)
		}
		second, _ := migrate.Config(name, result.Content)
		if !bytes.Equal(second.Content, result.Content) {
			t.Fatalf("%s: rewriting it again changes it:\n%s", name, cmp.Diff(string(result.Content), string(second.Content)))
		}
		files++
		older += len(result.Changes)
	}
	t.Logf("%d files, %d older forms", files, older)
	if older < files/3 || unwritable > files/50 {
		t.Errorf("%d files have %d older forms; %d could not be written in them", files, older, unwritable)
	}
}

// configurations are those of the sample, and of the corpus if there is one.
func configurations(t *testing.T) map[string][]byte {
	t.Helper()
	trees := []fs.FS{fixtures.Release()}
	if os.Getenv(corpus.Variable) != "" {
		trees = append(trees, os.DirFS(corpus.Dir(t, "release-repo")))
	}
	every := 30
	if os.Getenv("DROVER_SOAK") != "" {
		every = 1
	}
	all := map[string][]byte{}
	for i, tree := range trees {
		files, err := fs.Glob(tree, "ci-operator/config/*/*/*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for j, file := range files {
			if i > 0 && j%every != 0 {
				continue
			}
			data, err := fs.ReadFile(tree, file)
			if err != nil {
				t.Fatal(err)
			}
			all[fmt.Sprintf("%d/%s", i, file)] = data
		}
	}
	return all
}

// age writes a configuration in older forms.
func age(t *testing.T, random *rand.Rand, data []byte) []byte {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	root := document.Content[0]
	ageImages(random, root)
	agePromotion(random, root)
	count := 0
	strew(random, root, &count)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2 + 2*random.IntN(2))
	if random.IntN(2) == 0 {
		encoder.CompactSeqIndent()
	}
	if err := encoder.Encode(&document); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func ageImages(random *rand.Rand, root *yaml.Node) {
	images := field(root, "images")
	if images == nil {
		return
	}
	if affected := take(images, "build_if_affected"); affected != nil {
		name := &yaml.Node{Kind: yaml.ScalarNode, Value: "build_images_if_affected"}
		at := 2 * random.IntN(len(root.Content)/2+1)
		root.Content = slices.Insert(root.Content, at, name, affected)
	}
	if items := field(images, "items"); items != nil && len(images.Content) == 2 {
		*images = *items
	}
}

func agePromotion(random *rand.Rand, root *yaml.Node) {
	promotion := field(root, "promotion")
	if promotion == nil {
		return
	}
	places := field(promotion, "to")
	if places == nil || len(places.Content) == 0 {
		return
	}
	flat := places.Content[0]
	if places.Content = places.Content[1:]; len(places.Content) == 0 {
		take(promotion, "to")
	}
	for i := 0; i < len(flat.Content); i += 2 {
		at := 2 * random.IntN(len(promotion.Content)/2+1)
		promotion.Content = slices.Insert(promotion.Content, at, flat.Content[i], flat.Content[i+1])
	}
}

func field(mapping *yaml.Node, name string) *yaml.Node {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// take takes a field out.
func take(mapping *yaml.Node, name string) *yaml.Node {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			value := mapping.Content[i+1]
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			return value
		}
	}
	return nil
}

// strew puts comments above names and behind values.
func strew(random *rand.Rand, node *yaml.Node, count *int) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			if random.IntN(6) == 0 && child.HeadComment == "" {
				*count++
				child.HeadComment = fmt.Sprintf("# above %d", *count)
			}
			continue
		}
		if child.Kind == yaml.ScalarNode && child.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && random.IntN(6) == 0 && child.LineComment == "" {
			*count++
			child.LineComment = fmt.Sprintf("# beside %d", *count)
		}
		strew(random, child, count)
	}
}

// comments are those that strew put in, sorted.
func comments(data []byte) []string {
	var all []string
	for line := range strings.Lines(string(data)) {
		for _, mark := range []string{"# above ", "# beside "} {
			if i := strings.Index(line, mark); i >= 0 {
				all = append(all, strings.TrimSpace(line[i:]))
			}
		}
	}
	slices.Sort(all)
	return all
}
