package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"

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
	line, before := around([]rune(printable(lines[p.Line-1])), p.Column-1)
	return fmt.Sprintf("%6d | %s\n       | %s^\n", p.Line, line, strings.Repeat(" ", before))
}

// Of a long line so much is shown before a mark, and so much in all.
const (
	mostBefore = 60
	mostShown  = 110
)

// around gives a line, or of a long one what stands around a character, and how
// many columns of a terminal stand before that.
func around(line []rune, position int) (shown string, before int) {
	position = min(max(position, 0), len(line))
	start, end := 0, len(line)
	if len(line) > mostShown {
		start = min(max(position-mostBefore, 0), len(line)-mostShown)
		end = start + mostShown
	}
	for _, r := range line[start:position] {
		before += columns(r)
	}
	shown = string(line[start:end])
	if start > 0 {
		shown, before = "…"+shown, before+1
	}
	if end < len(line) {
		shown += "…"
	}
	return shown, before
}

// columns is how many columns of a terminal a character takes.
func columns(r rune) int {
	switch kind := width.LookupRune(r).Kind(); {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// printable keeps what a file holds from steering the terminal: from where it
// writes, and in which direction.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, strings.TrimSuffix(line, "\r"))
}
