package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/drover-ci/drover/internal/badrepo"
)

// example is what a change that mends a repository takes away and puts there,
// each with what stands around it.
type example struct{ bad, good side }

// side is one side of a change: excerpts of files, a line each.
type side struct {
	lines []string
	// file is the one that the last lines are of.
	file string
	// link says that it is a link, of which the content is the target.
	link bool
}

// excerptOf starts an excerpt of a file; of the same file another.
func (s *side) excerptOf(file string) {
	switch {
	case file == "":
	case file != s.file:
		s.lines = append(s.lines, "# "+file)
	default:
		s.lines = append(s.lines, "# …")
	}
	s.file = file
}

func (s *side) add(line string) {
	if s.link {
		s.lines[len(s.lines)-1] += " -> " + line
		return
	}
	s.lines = append(s.lines, line)
}

// mention shows a file without its content: it is moved and stays what it is.
func (s *side) mention(file string) {
	s.excerptOf(file)
	s.lines = append(s.lines, "# (as it is)")
}

func (s *side) text() string { return strings.Join(s.lines, "\n") }

var (
	// hunk begins an excerpt of a patch.
	hunk = regexp.MustCompile(`^@@ .* @@`)
	// linkMode is how a patch says that a file is a link.
	linkMode = "mode 120000"
)

// readExample reads the mend.patch of a rule.
func readExample(t *testing.T, rule string) example {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(badrepo.Folder(rule), badrepo.Mend))
	if err != nil {
		t.Fatal(err)
	}
	var e example
	for part := range strings.SplitSeq("\n"+string(content), "\ndiff --git ") {
		e.addFile(part)
	}
	return e
}

// addFile adds what a patch says of one file.
func (e *example) addFile(part string) {
	var from, to string
	e.bad.link, e.good.link = false, false
	inside := false
	for line := range strings.SplitSeq(part, "\n") {
		switch {
		case hunk.MatchString(line):
			inside = true
			e.bad.excerptOf(from)
			e.good.excerptOf(to)
		case inside:
			e.addLine(line, from, to)
		case strings.HasPrefix(line, "deleted file "+linkMode):
			e.bad.link = true
		case strings.HasPrefix(line, "--- a/"):
			from = line[len("--- a/"):]
		case strings.HasPrefix(line, "+++ b/"):
			to = line[len("+++ b/"):]
		case strings.HasPrefix(line, "rename from "):
			from = line[len("rename from "):]
		case strings.HasPrefix(line, "rename to "):
			to = line[len("rename to "):]
		}
	}
	if !inside && from != "" {
		e.bad.mention(from)
		e.good.mention(to)
	}
}

func (e *example) addLine(line, from, to string) {
	if line == "" || line[0] == '\\' {
		return
	}
	if line[0] != '+' && from != "" {
		e.bad.add(line[1:])
	}
	if line[0] != '-' && to != "" {
		e.good.add(line[1:])
	}
}

// changed counts the lines that a change takes away and puts there.
func (e *example) changed() int {
	same := map[string]int{}
	for _, line := range e.bad.lines {
		same[line]++
	}
	count := len(e.bad.lines)
	for _, line := range e.good.lines {
		if same[line] > 0 {
			same[line]--
			count--
			continue
		}
		count++
	}
	return count
}
