package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/drover-ci/drover/schema"
)

// TestOwnersOfTargetsDiffer has two owners with the same inventory delete each other's objects, were it to fail.
func TestOwnersOfTargetsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	long := strings.Repeat("a", 60)
	for _, each := range [][2]string{
		{"release", "build01"},
		{"private", "build01"},
		{"release-build01", "a"},
		{"release", "build01-a"},
		{long, "a"},
		{long, "b"},
		{"a", long + "a"},
		{"a", long + "b"},
		{"a-b", "c"},
		{"a", "b-c"},
		{strings.Repeat("a", 52), "-b"},
	} {
		got := opener{owner: ownerOf(each[0])}.ownerAt(each[1])
		if problems := validation.IsDNS1123Label(got); len(problems) > 0 {
			t.Errorf("%q: %q: %q", each, got, problems)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q: both are %q", each, other, got)
		}
		seen[got] = strings.Join(each[:], " ")
	}
}

// TestAContextIsRenewed has targets behind proxies, which a client's configuration
// has as functions.
func TestAContextIsRenewed(t *testing.T) {
	t.Parallel()
	const direct = "https://build.example.com"
	const proxied = direct + ", proxy-url: http://proxy.example.com"
	cases := map[string]struct {
		before, after string
		want          bool
	}{
		"nothing":            {direct, direct, false},
		"another address":    {direct, "https://build.example.org", true},
		"nothing of a proxy": {proxied, proxied, false},
		"another proxy":      {proxied, direct + ", proxy-url: http://proxy.example.org", true},
		"a proxy":            {direct, proxied, true},
		"no proxy":           {proxied, direct, true},
		"behind a proxy":     {proxied, strings.Replace(proxied, "build", "farm", 1), true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
			write := func(cluster string) {
				content := "clusters: [{name: c, cluster: {server: " + cluster + "}}]\ncontexts: [{name: build, context: {cluster: c}}]\n"
				if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(tc.before)
			o, spec := opener{contexts: contextsIn(kubeconfig), owner: "default"}, schema.Target{Name: "build", Context: "build"}
			target, err := o.open(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			write(tc.after)
			if got := o.renewed(t.Context(), spec, target); got != tc.want {
				t.Errorf("renewed: %t, want %t", got, tc.want)
			}
		})
	}
}
