package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/drover-ci/drover/schema"
)

// isTerminal says whether people look at what is written.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// excerpts are the lines that problems are in, with a mark below the place.
type excerpts struct {
	read  func(file string) ([]byte, error)
	lines map[string][]string
}

// of gives a problem's line and a mark, or nothing where there is none.
func (e *excerpts) of(p schema.Problem) string {
	lines, known := e.lines[p.File]
	if !known {
		if content, err := e.read(p.File); err == nil {
			lines = strings.Split(string(content), "\n")
		}
		e.lines[p.File] = lines
	}
	if p.Line < 1 || p.Line > len(lines) {
		return ""
	}
	line := printable(lines[p.Line-1])
	before := min(max(p.Column-1, 0), utf8.RuneCountInString(line))
	return fmt.Sprintf("%6d | %s\n       | %s^\n", p.Line, line, strings.Repeat(" ", before))
}

// printable keeps what a file holds from steering the terminal, and each
// character as wide as the mark below expects.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.TrimSuffix(line, "\r"))
}
