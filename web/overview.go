package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/schema"
)

// overviewProblems is how many problems the overview shows; the rest has a page.
const overviewProblems = 5

type overviewView struct {
	Repository, Branch string
	// InForce is nil as long as nothing is.
	InForce *inForce
	State   state
	// Held are the units that are not as the newest revision has them.
	Held []heldView
	// Targets are the clusters to keep besides the one of the jobs.
	Targets []targetView
	// Refused is the newest revision where it is not in force.
	Refused  *refusal
	Past     []revision
	Figures  []figure
	Problems []problem
}

type inForce struct {
	Hash, Subject string
	Since         time.Time
}

// state is how the last pass ended.
type state struct {
	Good bool
	// Held says that a part of the newest revision is not in force.
	Held    bool
	Words   string
	Detail  string
	At      time.Time
	Changes string
}

type refusal struct {
	Hash, Subject string
	Stage         string
	Reason        string
	Problems      int
}

type figure struct {
	Number int
	What   string
	URL    string
}

// overview is the first page. Programs, which do not ask for a page, are told as
// today that there is nothing here.
func overview(r *request) (*answer, error) {
	if !isBrowser(r.Request) {
		return failed("Not found", http.StatusNotFound, "Pages are for browsers; what programs may ask for is in /openapi.json."), nil
	}
	status, at, past := r.site.history.now()
	data := overviewView{
		Repository: r.site.options.Repository, Branch: r.site.options.Branch,
		State: stateOf(status, at), Past: past, Refused: refusalOf(status),
	}
	if r.view != nil {
		data.InForce = &inForce{Hash: r.view.Commit, Since: r.view.Since}
		for _, each := range past {
			if each.Hash == r.view.Commit && !each.Refused {
				data.InForce.Subject = each.Subject
			}
		}
		data.Figures = figures(r.view)
	}
	if status.Refused {
		data.Problems = r.site.excerpts(attemptedOf(status).Hash, status.Problems[:min(len(status.Problems), overviewProblems)])
	}
	data.Held, data.Targets = r.site.held(status), targetsOf(status)
	return &answer{page: "overview", title: "Overview", data: data}, nil
}

func stateOf(status reconciler.Status, at time.Time) state {
	s := state{At: at}
	switch {
	case at.IsZero():
		s.Words = "Starting"
		s.Detail = "The repository has not been read yet."
	case status.Progress != nil:
		s.Words = "Applying"
		s.Detail = "The newest revision is on its way into the cluster: " + status.Progress.String() + "."
	case status.Stage == reconciler.Done:
		s.Good, s.Words = true, "Up to date"
		s.Detail = "The newest revision is in force."
		if n := len(status.Held); n > 0 {
			s.Good, s.Held, s.Words = false, true, plural(n, "unit")+" held back"
			s.Detail = "The newest revision is in force but for what is wrong with it."
		}
		if !status.Changes.Empty() {
			s.Changes = status.Changes.String()
		}
	case status.Refused:
		s.Words = "Newest revision refused"
		s.Detail = "Nothing changed: the last good revision stays in force."
	default:
		s.Words = "Trying again"
		s.Detail = fmt.Sprintf("%s did not succeed: %v", status.Stage, status.Err)
	}
	return s
}

func refusalOf(status reconciler.Status) *refusal {
	if !status.Refused {
		return nil
	}
	r := &refusal{Hash: attemptedOf(status).Hash, Subject: attemptedOf(status).Subject, Stage: string(status.Stage), Problems: len(status.Problems)}
	if len(status.Problems) == 0 && status.Err != nil {
		r.Reason = status.Err.Error()
	}
	return r
}

// figures count what is in force.
func figures(v *view) []figure {
	tests := 0
	for entry := range v.Catalog.Entries() {
		tests += len(entry.Config.Tests)
	}
	return []figure{
		{v.Repo.Configs.Len(), "configuration", pathConfigs},
		{tests, tabTest, pathConfigs},
		{len(v.Repo.Workflows), tabWorkflow, "/registry?kind=workflow"},
		{len(v.Repo.Chains), tabChain, "/registry?kind=chain"},
		{len(v.Repo.Refs), tabStep, "/registry?kind=step"},
		{len(v.Repo.Quotas.Value.Quotas), "lease type", pathQuotas},
	}
}

type problemsView struct {
	Hash     string
	Total    int
	Problems []problem
	More     int
}

// maxProblems is how many problems are shown with their places.
const maxProblems = 200

// problemsPage shows all problems of a refused revision.
func problemsPage(r *request) (*answer, error) {
	status, _, _ := r.site.history.now()
	shown := status.Problems[:min(len(status.Problems), maxProblems)]
	return &answer{page: "problems", title: "Problems of the newest revision", data: problemsView{
		Hash: attemptedOf(status).Hash, Total: len(status.Problems),
		Problems: r.site.excerpts(attemptedOf(status).Hash, shown), More: len(status.Problems) - len(shown),
	}}, nil
}

// problem is one with the lines around it.
type problem struct {
	schema.Problem

	Lines []excerptLine
}

type excerptLine struct {
	Number int
	Text   string
	// Here says that the problem is in this line; Before and At are the line up to
	// the problem and from there on.
	Here       bool
	Before, At string
}

// excerpts finds the lines around problems in a revision's files. Without the
// files there are none.
func (s *Site) excerpts(revision string, problems []schema.Problem) []problem {
	files := fileCache{read: s.reader(revision)}
	all := make([]problem, len(problems))
	for i, found := range problems {
		all[i] = problem{Problem: found, Lines: excerpt(files.get(found.File), found.Line, found.Column)}
	}
	return all
}

// reader gives the function that reads a revision's files; nil where there is
// none.
func (s *Site) reader(revision string) func(string) ([]byte, error) {
	if s.options.Tree == nil || revision == "" {
		return nil
	}
	tree, err := s.options.Tree(revision)
	if err != nil {
		return nil
	}
	return tree.ReadFile
}

// fileCache reads each file once.
type fileCache struct {
	read  func(string) ([]byte, error)
	known map[string][]byte
}

func (c *fileCache) get(file string) []byte {
	if content, ok := c.known[file]; ok || c.read == nil {
		return content
	}
	content, err := c.read(file)
	if err != nil {
		content = nil // it may not be there: that can be the problem
	}
	if c.known == nil {
		c.known = map[string][]byte{}
	}
	c.known[file] = content
	return content
}

// around is how many lines are shown before and after a problem's, and
// maxExcerptLine how much of each, in bytes.
const (
	around         = 2
	maxExcerptLine = 240
)

func excerpt(content []byte, line, column int) []excerptLine {
	if len(content) == 0 || line < 1 {
		return nil
	}
	var lines []excerptLine
	number := 0
	for text := range strings.Lines(string(content)) {
		number++
		if number < line-around {
			continue
		}
		if number > line+around {
			break
		}
		text = strings.ToValidUTF8(strings.TrimRight(text, "\r\n"), "\uFFFD")
		text = text[:min(len(text), maxExcerptLine)]
		shown := excerptLine{Number: number, Text: text, Here: number == line}
		if shown.Here {
			at := min(max(column-1, 0), len(text))
			shown.Before, shown.At = text[:at], text[at:]
		}
		lines = append(lines, shown)
	}
	return lines
}
