package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/schema"
)

// The mark stands below the character that a problem is about, whatever is
// before it, and what a file holds cannot steer the terminal.
func TestExcerpts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	cases := map[string]struct {
		file         string
		line, column int
		want         string
	}{
		"plain":            {"a: 1\nb: 2\n", 2, 4, "     2 | b: 2\n       |    ^\n"},
		"no newline":       {"a: 1\nb: 2", 2, 1, "     2 | b: 2\n       | ^\n"},
		"CRLF":             {"a: 1\r\nb: 2\r\n", 2, 4, "     2 | b: 2\n       |    ^\n"},
		"tab":              {"a:\t1\n", 1, 4, "     1 | a: 1\n       |    ^\n"},
		"wide":             {"名前: x\n", 1, 5, "     1 | 名前: x\n       |       ^\n"},
		"combining":        {"e\u0301: x\n", 1, 5, "     1 | e\u0301: x\n       |    ^\n"},
		"escape sequences": {"a: \x1b[31m\u202e\u009bx\n", 1, 4, "     1 | a:  [31m  x\n       |    ^\n"},
		"at the end":       {"a:\n", 1, 3, "     1 | a:\n       |   ^\n"},
		"beyond the end":   {"a:\n", 1, 9, "     1 | a:\n       |   ^\n"},
		"no such line":     {"a:\n", 7, 1, ""},
		"the whole file":   {"a:\n", 0, 0, ""},
		"long, at first":   {"a: " + long, 1, 1, "     1 | a: " + long[:107] + "…\n       | ^\n"},
		"long, in the middle": {
			"a: " + long[:100] + "y" + long, 1, 104,
			"     1 | …" + long[:60] + "y" + long[:49] + "…\n       | " + strings.Repeat(" ", 61) + "^\n",
		},
		"long, at last": {long + "y", 1, 201, "     1 | …" + long[:109] + "y\n       | " + strings.Repeat(" ", 110) + "^\n"},
	}
	for name, tc := range cases {
		e := &excerpts{read: func(string) ([]byte, error) { return []byte(tc.file), nil }, lines: map[string][]string{}}
		if diff := cmp.Diff(tc.want, e.of(schema.Problem{File: "f", Line: tc.line, Column: tc.column})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	gone := &excerpts{read: func(string) ([]byte, error) { return nil, errors.New("gone") }, lines: map[string][]string{}}
	if got := gone.of(schema.Problem{File: "f", Line: 1, Column: 1}); got != "" {
		t.Errorf("of a file that is gone: %q", got)
	}
}

// An annotation is one line, and what would end a value or begin another command
// is written as GitHub reads it.
func TestAnnotations(t *testing.T) {
	t.Parallel()
	var printed bytes.Buffer
	problems := report{Problems: []schema.Problem{
		{
			File: "a,b:c%.yaml", Line: 3, Column: 7, Path: "x", Rule: "r", Severity: schema.Error,
			Message: "50% of\r\nit: a, b::error file=z::",
		},
		{File: "a.yaml", Rule: "r", Severity: schema.Warning, Message: "m"},
	}}
	if err := problems.printAnnotations(&console{stdout: &printed}); err != nil {
		t.Fatal(err)
	}
	const want = "::error file=a%2Cb%3Ac%25.yaml,line=3,col=7::x: 50%25 of%0D%0Ait: a, b::error file=z:: [r]\n" +
		"::warning file=a.yaml,line=1,col=1::m [r]\n"
	if diff := cmp.Diff(want, printed.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
