package web

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// Addresses and pages that several places name.
const (
	pathConfigs   = "/configs"
	pathQuotas    = "/quotas"
	pageComponent = "component"
	pageFailure   = "failure"
)

// Options say what pages cannot know. The zero value is the default.
type Options struct {
	// Repository is the release repository's folder or address, and Branch the
	// branch that is followed, as people are told of them.
	Repository, Branch string
	// Tree gives the files of a revision, by its hash, so that the problems of one
	// that is not in force are shown where they are. Nil shows them without.
	Tree func(revision string) (repolayout.Tree, error)
	// Version is the program's.
	Version string
	// Logger gets what went wrong with a page. Default: slog.Default().
	Logger *slog.Logger
}

// Site is all pages. It is an http.Handler, safe for concurrent use.
type Site struct {
	current  func() *rules.Snapshot
	options  Options
	mux      *http.ServeMux
	pages    pages
	sections []Section
	history  history

	mu   sync.Mutex // guards view
	view *view
	// stale says that the view is to be made again.
	stale chan struct{}
}

// Section is a part of the site with an entry in the navigation.
type Section struct {
	// Title is what the navigation calls it.
	Title string
	// Path is where it is, such as /leases. The section has the paths below too.
	Path string
	// Page makes its pages. An error is shown as one that the server is to blame
	// for, unless it is from [NotFound].
	Page func(r *http.Request) (Content, error)
}

// Content is a page's own part.
type Content struct {
	// Title is the page's.
	Title string
	// Body is what stands below the title.
	Body template.HTML
}

// New gives the site over what is in force. The function may give nil as long as
// nothing is; it must be safe for concurrent use and answer at once.
func New(current func() *rules.Snapshot, options Options, sections ...Section) *Site {
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	s := &Site{
		current: current, options: options, mux: http.NewServeMux(), pages: loadPages(),
		stale: make(chan struct{}, 1), sections: append(ownSections(), sections...),
	}
	s.routes()
	for _, section := range sections {
		s.mount(section)
	}
	return s
}

// ownSections are the entries of the navigation that are always there.
func ownSections() []Section {
	return []Section{
		{Title: "Overview", Path: "/"},
		{Title: "Step registry", Path: "/registry"},
		{Title: "Configurations", Path: pathConfigs},
		{Title: "Quotas", Path: pathQuotas},
		{Title: "Fields", Path: "/fields"},
	}
}

func (s *Site) routes() {
	s.page("/{$}", overview)
	s.page("/problems", problemsPage)
	s.page("/registry", registryPage)
	s.page("/reference/{name}", stepPage)
	s.page("/chain/{name}", chainPage)
	s.page("/workflow/{name}", workflowPage)
	s.page("/observer/{name}", observerPage)
	s.page("/users/{kind}/{name}", usersPage)
	s.page("/configs", orgsPage)
	s.page("/configs/{org}", orgPage)
	s.page("/configs/{org}/{repo}", repoPage)
	s.page("/configs/{org}/{repo}/{branch}", configPage)
	s.page("/job", testPage)
	s.page("/search", searchPage)
	s.page("/quotas", quotasPage)
	s.page("/quotas/{type}", quotaPage)
	s.page("/profile/{name}", profilePage)
	s.page("/source/{path...}", sourcePage)
	s.page("/ci-operator-reference", fieldsPage)
	s.page("/fields", fieldsPage)
	s.page("/fields/{path}", fieldsPage)
	s.page("/", func(r *request) (*answer, error) { return nil, NotFound("There is no page at %s.", r.URL.Path) })
	s.mux.HandleFunc("/search/suggest", s.suggest)
	s.mux.Handle("/static/", assets())
}

// mount adds a section's pages.
func (s *Site) mount(section Section) {
	do := func(r *request) (*answer, error) {
		content, err := section.Page(r.Request)
		return &answer{page: "section", title: content.Title, data: content}, err
	}
	s.page(section.Path, do)
	s.page(section.Path+"/", do)
}

// lull is how long the site waits with preparing for a new snapshot. One commit
// seldom comes alone, jobs that ask for the new configuration go first, and whoever
// looks at a page sooner waits a tenth of a second.
const lull = 2 * time.Second

// Run prepares what pages need for each new snapshot, so that nobody waits for
// it, until the context ends.
func (s *Site) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.stale:
			timer.Reset(lull)
		case <-timer.C:
			if v := s.currentView(); v != nil {
				v.prepare()
			}
		}
	}
}

// Changed tells the site that there may be a new snapshot.
func (s *Site) Changed() {
	select {
	case s.stale <- struct{}{}:
	default: // it has been told already
	}
}
