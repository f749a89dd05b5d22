package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInitAsks(t *testing.T) {
	var asked strings.Builder
	c := initCommand{Branch: "main"}
	answers := "acme/widget\n\nopenshift/release:golang\nunit\n\ne2e\nmake e2e\n\nwidget\n\n\nacme/latest\nyes\n"
	if err := c.ask(strings.NewReader(answers), &asked); err != nil {
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

func TestInitAsksUntilAnswersEnd(t *testing.T) {
	c := initCommand{}
	if err := c.ask(strings.NewReader("acme/widget\n"), io.Discard); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}
