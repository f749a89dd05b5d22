package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAddress limits a request's path and query, in bytes.
const maxAddress = 4 << 10

// request is what a page sees of a request.
type request struct {
	*http.Request

	site *Site
	// view is of the snapshot in force; nil where there is none yet.
	view  *view
	query url.Values
	// wrong is what is wrong with the first parameter that a page has asked for
	// and that makes no sense.
	wrong *senselessError
}

// param gives a parameter of the query.
func (r *request) param(name string) string {
	values := r.query[name]
	if len(values) == 0 {
		return ""
	}
	switch {
	case len(values) > 1:
		r.refusef("The parameter %s is given more than once.", name)
	case !isText(values[0]):
		r.refusef("The parameter %s is not text.", name)
	}
	return strings.TrimSpace(values[0])
}

// choice gives a parameter that is one of several values, of which the first is
// meant where there is none.
func (r *request) choice(name string, values ...string) string {
	value := r.param(name)
	if value == "" {
		return values[0]
	}
	if !slices.Contains(values, value) {
		r.refusef("The parameter %s is %q, want one of %s.", name, value, strings.Join(values, ", "))
	}
	return value
}

// refusef notes what is wrong with the request.
func (r *request) refusef(format string, args ...any) {
	if r.wrong == nil {
		r.wrong = &senselessError{fmt.Sprintf(format, args...)}
	}
}

// senselessError is a request that makes no sense.
type senselessError struct{ message string }

// Error says why.
func (b *senselessError) Error() string { return b.message }

// isText says that text can be a name or the words of a search.
func isText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

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
		query, _ := url.ParseQuery(r.URL.RawQuery) // it can be read: ServeHTTP has seen to it
		s.respond(w, &request{Request: r, site: s, view: s.currentView(), query: query}, do)
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
	case !isText(r.URL.Path):
		http.Error(w, "The address is not text.", http.StatusBadRequest)
	case !readable(r.URL.RawQuery):
		http.Error(w, "The address cannot be read: what follows its ? is badly encoded.", http.StatusBadRequest)
	default:
		s.mux.ServeHTTP(w, r)
	}
}

func readable(query string) bool {
	_, err := url.ParseQuery(query)
	return err == nil
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
	if r.wrong != nil {
		err = r.wrong
	}
	if err != nil {
		a = s.failure(r, err)
	}
	if reason, failed := a.data.(failure); failed && !isBrowser(r.Request) {
		http.Error(w, reason.Message, a.status)
		return
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

// isBrowser says whether somebody wants to see a page: programs are told in one
// line what is wrong.
func isBrowser(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// failed is the page that says what is wrong.
func failed(title string, status int, message string, suggestions ...link) *answer {
	return &answer{page: pageFailure, title: title, status: status, data: failure{title, message, suggestions}}
}

// failure is the page in the place of one that cannot be made.
func (s *Site) failure(r *request, err error) *answer {
	var m *missing
	var b *senselessError
	switch {
	case errors.As(err, &b):
		return failed("That makes no sense", http.StatusBadRequest, b.message)
	case errors.Is(err, errNothingInForce):
		return failed("Nothing is in force yet", http.StatusServiceUnavailable, "No revision has been loaded so far. The overview says how far it is.")
	case errors.As(err, &m):
		return failed("Not found", http.StatusNotFound, m.message, r.suggestions(m)...)
	default:
		s.options.Logger.ErrorContext(r.Context(), "make page", "path", r.URL.Path, "error", err)
		return failed("Something went wrong", http.StatusInternalServerError, "The page could not be made. The log of the server says why.")
	}
}

type failure struct {
	Title       string
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
	f := frame{Title: a.title, Content: a.data, Version: s.options.Version}
	if r.view != nil {
		f.Revision = short(r.view.Commit)
	}
	if r.URL.Path == "/search" {
		f.Query = r.param("q")
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
	return page.Execute(text, data)
}
