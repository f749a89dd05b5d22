package main

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
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
