package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

// maxAddress limits a request's path and query, in bytes.
const maxAddress = 4 << 10

// request is what a page sees of a request.
type request struct {
	*http.Request

	site *Site
	// view is of the snapshot in force; nil where there is none yet.
	view *view
}

// param gives a parameter of the query, the first of several.
func (r *request) param(name string) string { return strings.TrimSpace(r.URL.Query().Get(name)) }

// answer is what a page consists of.
type answer struct {
	// page is the template's name.
	page   string
	title  string
	data   any
	status int // 0 is 200
	// location redirects instead.
	location string
}

// missing is something that is asked for and is not there.
type missing struct {
	message     string
	suggestions []link
}

// Error is what is missing.
func (m *missing) Error() string { return m.message }

// NotFound is the error of a page that does not exist.
func NotFound(format string, args ...any) error {
	return &missing{message: fmt.Sprintf(format, args...)}
}

// link is a name and where it leads.
type link struct{ Name, URL string }

// page registers a page. Pages are got; nothing can be changed by them.
func (s *Site) page(pattern string, do func(*request) (*answer, error)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.respond(w, &request{Request: r, site: s, view: s.currentView()}, do)
	})
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Pages can only be read.", http.StatusMethodNotAllowed)
	case len(r.URL.Path)+len(r.URL.RawQuery) > maxAddress:
		http.Error(w, "The address is too long.", http.StatusRequestURITooLong)
	default:
		s.mux.ServeHTTP(w, r)
	}
}

// policy lets a page load what the site itself serves, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func secure(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
}

func (s *Site) respond(w http.ResponseWriter, r *request, do func(*request) (*answer, error)) {
	a, err := do(r)
	if err != nil {
		a = s.failure(r, err)
	}
	if a.location != "" {
		http.Redirect(w, r.Request, a.location, http.StatusMovedPermanently)
		return
	}
	var text bytes.Buffer
	if err := s.pages.render(&text, a.page, s.frame(r, a)); err != nil {
		s.options.Logger.ErrorContext(r.Context(), "make page", "path", r.URL.Path, "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	writeCompressed(w, r.Request, max(a.status, http.StatusOK), text.Bytes())
}

// failure is the page in the place of one that cannot be made.
func (s *Site) failure(r *request, err error) *answer {
	var m *missing
	switch {
	case errors.Is(err, errNothingInForce):
		return &answer{
			page: pageFailure, title: "Nothing is in force yet", status: http.StatusServiceUnavailable,
			data: failure{Message: "No revision has been loaded so far. The overview says how far it is."},
		}
	case errors.As(err, &m):
		return &answer{
			page: pageFailure, title: "Not found", status: http.StatusNotFound,
			data: failure{Message: m.message, Suggestions: r.suggestions(m)},
		}
	default:
		s.options.Logger.ErrorContext(r.Context(), "make page", "path", r.URL.Path, "error", err)
		return &answer{
			page: pageFailure, title: "Something went wrong", status: http.StatusInternalServerError,
			data: failure{Message: "The page could not be made. The log of the server says why."},
		}
	}
}

type failure struct {
	Message     string
	Suggestions []link
}

// suggestions are what may have been meant: what was given, or else what a
// search for the last part of the path finds.
func (r *request) suggestions(m *missing) []link {
	if len(m.suggestions) > 0 || r.view == nil {
		return m.suggestions
	}
	words := strings.FieldsFunc(r.URL.Path, func(c rune) bool { return c == '/' })
	if len(words) == 0 {
		return nil
	}
	var links []link
	for _, group := range r.view.search(words[len(words)-1], 3) {
		for _, hit := range group.Hits {
			links = append(links, link{hit.Name, hit.URL})
		}
	}
	return links
}

// frame is what every page has around its content.
type frame struct {
	Title string
	// Home says that the page is the overview.
	Nav      []navigation
	Revision string
	Subject  string
	Query    string
	Version  string
	Content  any
}

type navigation struct {
	Section

	Current bool
}

func (s *Site) frame(r *request, a *answer) frame {
	f := frame{Title: a.title, Content: a.data, Version: s.options.Version, Query: r.param("q")}
	if r.view != nil {
		f.Revision = short(r.view.Commit)
	}
	if r.URL.Path != "/search" {
		f.Query = ""
	}
	here := sectionOf(r.URL.Path)
	for _, section := range s.sections {
		f.Nav = append(f.Nav, navigation{section, section.Path == here})
	}
	return f
}

// sectionOf gives the path of the section to which a page belongs.
func sectionOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "reference", tabChain, tabWorkflow, "observer", "users":
		return "/registry"
	case "job":
		return pathConfigs
	case "profile":
		return pathQuotas
	case "ci-operator-reference":
		return "/fields"
	default:
		return "/" + first
	}
}

// pages are the templates by name.
type pages map[string]*template.Template

func (p pages) render(text *bytes.Buffer, name string, data frame) error {
	page := p[name]
	if page == nil {
		return fmt.Errorf("there is no template %s", name)
	}
	return page.ExecuteTemplate(text, "frame", data)
}
