package configmaps_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
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
	files := publication(map[string]string{"a/x.yaml": "x", "a/b/y.yaml": "y", "c/x.yaml": "\xff"}, "a/b/y.yaml", "a/x.yaml", "c/x.yaml")
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
		"same key": {
			reason:  "no file is lost behind another",
			rule:    schema.Publish{Files: []string{"**/x.yaml"}},
			problem: `drover.yaml: publish[0]: two files get the same key (found "x.yaml", for c/x.yaml and another) [publish-key]`,
		},
		"none": {
			reason:  "a misspelt pattern does not empty a ConfigMap",
			rule:    schema.Publish{Files: []string{"z/*"}},
			problem: `drover.yaml: publish[0].files: no file is published (found none that matches ["z/*"]) [publish-empty]`,
		},
		"pattern": {
			reason:  "a pattern is checked",
			rule:    schema.Publish{Files: []string{"a/["}},
			problem: `drover.yaml: publish[0].files[0]: the pattern is not valid (found "a/[") [publish-glob]`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.rule.ConfigMap = "m"
			objects, problems := files.Publish([]schema.Publish{tc.rule})
			if tc.problem != "" {
				if len(problems) != 1 || problems[0].String() != tc.problem || len(objects) > 0 {
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
func jobFiles(t *testing.T, count int) []configmaps.Compressed {
	t.Helper()
	files := make([]configmaps.Compressed, 0, count)
	for i := range count {
		var content bytes.Buffer
		for j := range 64 {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d %d", i, j))
			content.Write(sum[:])
		}
		file, err := configmaps.Compress(fmt.Sprintf("job-%d.yaml", i), content.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func TestPartitionHoldsEveryFileBelowTheLimit(t *testing.T) {
	found := map[string]bool{}
	for _, part := range configmaps.Partition("ci", "job-config", jobFiles(t, 2000)) {
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

func TestPartitionChangesOnePartForOneFile(t *testing.T) {
	files := jobFiles(t, 2000)
	before := configmaps.Partition("ci", "job-config", files)
	files[7].Content = append([]byte(nil), files[8].Content...)
	after := configmaps.Partition("ci", "job-config", files)
	if len(before) != len(after) || len(before) < 4 {
		t.Fatalf("%d parts became %d", len(before), len(after))
	}
	changed := 0
	for i := range before {
		if !cmp.Equal(before[i].Object, after[i].Object) {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("%d parts changed, want 1", changed)
	}
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
