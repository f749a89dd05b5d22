package apply

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// configMapWith is a ConfigMap with other fields, as JSON.
func configMapWith(t *testing.T, fields map[string]any) []byte {
	t.Helper()
	object := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"namespace": "ci", "name": "a"}}
	maps.Copy(object, fields)
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestWellFormed(t *testing.T) {
	type m = map[string]any
	for name, test := range map[string]struct {
		fields m
		want   bool
	}{
		"empty":            {nil, true},
		"both kinds":       {m{"data": m{"a.yaml": "1"}, "binaryData": m{"b.gz": "AAAA"}}, true},
		"labelled":         {m{"metadata": m{"namespace": "ci", "name": "a", "labels": m{"drover.dev/owner": "a"}, "annotations": m{"note": "any text"}}}, true},
		"immutable":        {m{"immutable": true}, true},
		"unknown field":    {m{"date": "1"}, false},
		"number":           {m{"data": m{"a": 1}}, false},
		"key with space":   {m{"data": m{"not a key": "1"}}, false},
		"binary key":       {m{"binaryData": m{"a/b": "AAAA"}}, false},
		"not base64":       {m{"binaryData": m{"a": "?"}}, false},
		"key twice":        {m{"data": m{"a": "1"}, "binaryData": m{"a": "AAAA"}}, false},
		"as large as may":  {m{"data": m{"a": strings.Repeat("x", 1<<20)}}, true},
		"too large":        {m{"data": m{"a": strings.Repeat("x", 1<<20), "b": "x"}}, false},
		"name in capitals": {m{"metadata": m{"namespace": "ci", "name": "A"}}, false},
		"long label":       {m{"metadata": m{"namespace": "ci", "name": "a", "labels": m{"a": strings.Repeat("x", 64)}}}, false},
		"finalizer":        {m{"metadata": m{"namespace": "ci", "name": "a", "finalizers": []string{"example.com/a"}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wellFormed(configMapWith(t, test.fields)); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	for name, test := range map[string]struct {
		rule string
		want bool
	}{
		"it":             {`{"apiGroups":[""],"resources":["pods","configmaps"]}`, true},
		"everything":     {`{"apiGroups":["*"],"resources":["*"]}`, true},
		"and statuses":   {`{"apiGroups":[""],"resources":["*/*"]}`, true},
		"another":        {`{"apiGroups":[""],"resources":["pods"]}`, false},
		"another group":  {`{"apiGroups":["example.com"],"resources":["configmaps"]}`, false},
		"a subresource":  {`{"apiGroups":[""],"resources":["*/status"]}`, false},
		"without fields": {`{}`, false},
		"not a rule":     {`"configmaps"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			var rule any
			if err := json.Unmarshal([]byte(test.rule), &rule); err != nil {
				t.Fatal(err)
			}
			if got := matches("", "configmaps")(rule); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
