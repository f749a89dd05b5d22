package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInitAsks(t *testing.T) {
	var asked strings.Builder
	c := initCommand{Branch: "main"}
	answers := "acme/widget\n\nopenshift/release:golang\nunit\n\ne2e\nmake e2e\n\nwidget\n\n\nacme/latest\nyes\n"
	if err := c.ask(t.Context(), strings.NewReader(answers), &asked); err != nil {
		t.Fatal(err)
	}
	want := initCommand{
		Component: "acme/widget", Branch: "main", BuildRoot: "openshift/release:golang",
		Test: []string{"unit=make unit", "e2e=make e2e"}, Image: []string{"widget=Dockerfile"}, Promote: "acme/latest", Private: true,
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(asked.String(), "Its commands [make unit]: ") {
		t.Errorf("it asked %s", asked.String())
	}
	if component, err := c.answers(); err != nil || component.Validate() != nil {
		t.Errorf("the answers make %v, %v", component, err)
	}
}

// TestInitAsksAgain gives answers that cannot be, each followed by one that can.
func TestInitAsksAgain(t *testing.T) {
	var asked strings.Builder
	c := initCommand{Branch: "main"}
	answers := "acme\n\na b/c\nacme/widget\na__b\n\ngolang\n\n\nwidget\n\n\nlatest\nacme/latest\nmaybe\n\n"
	if err := c.ask(t.Context(), strings.NewReader(answers), &asked); err != nil {
		t.Fatal(err)
	}
	want := initCommand{Component: "acme/widget", Branch: "main", Image: []string{"widget=Dockerfile"}, Promote: "acme/latest"}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, said := range []string{
		`"acme" does not name a component: want ORG/REPO`, `"" does not name a component`, `the organization cannot be so called (found "a b"`,
		`the branch cannot be part of a file's name (found "a__b"`, `--build-root "golang": want NAMESPACE/NAME:TAG`,
		`--promote "latest": want NAMESPACE/NAME`, `want yes or no (found "maybe")`,
	} {
		if !strings.Contains(asked.String(), said) {
			t.Errorf("it did not say %s, but\n%s", said, asked.String())
		}
	}
}

func TestInitAsksUntilAnswersEnd(t *testing.T) {
	for _, answers := range []string{"", "acme/widget\n", "acme\n", "acme/widget\nmain\n\nunit\n"} {
		c := initCommand{Branch: "main"}
		if err := c.ask(t.Context(), strings.NewReader(answers), io.Discard); !errors.Is(err, errNoAnswer) {
			t.Errorf("%q: got %v", answers, err)
		}
	}
}

// TestInitIsInterrupted waits for an answer that never comes.
func TestInitIsInterrupted(t *testing.T) {
	in, answers := io.Pipe()
	defer func() { _ = answers.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	c := initCommand{}
	if err := c.ask(ctx, in, io.Discard); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
