package main

import "testing"

func TestProgressIsNotWrapped(t *testing.T) {
	const line = "checking … 300ms"
	for width, want := range map[int]string{0: line, 80: line, len("checking . 300ms") + 1: line, 11: "checking …", 1: ""} {
		if got := unwrapped(line, width); got != want {
			t.Errorf("width %d: got %q, want %q", width, got, want)
		}
	}
}
