package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
)

type groupsView struct {
	Org  string
	Rows []groupRow
}

// groupRow is an organization or a repository in a list.
type groupRow struct {
	link

	Repos, Configs, Tests int
}

// orgsPage lists the organizations.
func orgsPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	var rows []groupRow
	lastRepo := ""
	for entry := range v.Catalog.Entries() {
		m := entry.Config.Metadata
		if len(rows) == 0 || rows[len(rows)-1].Name != m.Org {
			rows = append(rows, groupRow{link: link{m.Org, "/configs/" + url.PathEscape(m.Org)}})
			lastRepo = ""
		}
		row := &rows[len(rows)-1]
		if m.Repo != lastRepo {
			row.Repos++
			lastRepo = m.Repo
		}
		row.Configs++
		row.Tests += len(entry.Config.Tests)
	}
	return &answer{page: "orgs", title: "Configurations", data: groupsView{Rows: rows}}, nil
}

// orgPage lists the repositories of an organization.
func orgPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	org := r.PathValue("org")
	var rows []groupRow
	for entry := range v.Catalog.Entries() {
		m := entry.Config.Metadata
		if m.Org != org {
			continue
		}
		if len(rows) == 0 || rows[len(rows)-1].Name != m.Repo {
			rows = append(rows, groupRow{link: link{m.Repo, "/configs/" + url.PathEscape(m.Org) + "/" + url.PathEscape(m.Repo)}})
		}
		rows[len(rows)-1].Configs++
		rows[len(rows)-1].Tests += len(entry.Config.Tests)
	}
	if len(rows) == 0 {
		return nil, v.noConfig("No repository of an organization "+org+" has a configuration.", org)
	}
	return &answer{page: "org", title: org, data: groupsView{org, rows}}, nil
}

// noConfig says that something is not there, and which organizations or
// repositories are like it.
func (v *view) noConfig(message, name string) error {
	m := &missing{message: message}
	var names []string
	for entry := range v.Catalog.Entries() {
		whole := entry.Config.Metadata.Org
		if strings.Contains(name, "/") {
			whole = entry.Config.Metadata.Component()
		}
		if len(names) == 0 || names[len(names)-1] != whole {
			names = append(names, whole)
		}
	}
	for _, near := range nearest(name, names) {
		m.suggestions = append(m.suggestions, link{near, "/configs/" + near})
	}
	return m
}

type repoView struct {
	Org, Repo string
	Configs   []configRow
}

type configRow struct {
	link

	Variant string
	Tests   []testRow
	Images  int
}

// repoPage lists the configurations of a repository with their tests.
func repoPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	data := repoView{Org: r.PathValue("org"), Repo: r.PathValue("repo")}
	for entry := range v.Catalog.Entries() {
		m := entry.Config.Metadata
		if m.Org == data.Org && m.Repo == data.Repo {
			data.Configs = append(data.Configs, configRow{
				link: link{m.Branch, configURL(m)}, Variant: m.Variant, Tests: testRows(testsOf(entry)), Images: imagesOf(entry.Config),
			})
		}
	}
	if len(data.Configs) == 0 {
		name := data.Org + "/" + data.Repo
		return nil, v.noConfig("There is no configuration of "+name+".", name)
	}
	return &answer{page: "repo", title: data.Org + "/" + data.Repo, data: data}, nil
}

func testsOf(entry *resolver.Entry) []dependents.Use {
	tests := make([]dependents.Use, len(entry.Config.Tests))
	for i := range tests {
		tests[i] = dependents.Use{Config: entry.Config, Index: i}
	}
	return tests
}

func imagesOf(config *schema.Config) int {
	if config.Images == nil {
		return 0
	}
	return len(config.Images.Items)
}

type configView struct {
	Metadata schema.Metadata
	File     string
	Tests    []testRow
	Images   []imageRow
	Promoted []string
	Inputs   []fact
	// Jobs are those that are no test's, such as the one that builds the images.
	Jobs   []jobRow
	APIURL string
	Source string
}

type imageRow struct{ To, From, Dockerfile string }

type jobRow struct {
	Name, Kind, Cluster string
	YAML                string
}

// configPage shows a configuration.
func configPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	m := schema.Metadata{Org: r.PathValue("org"), Repo: r.PathValue("repo"), Branch: r.PathValue("branch"), Variant: r.param("variant")}
	entry := v.Catalog.Named(m)
	if entry == nil {
		return nil, v.noBranch(m)
	}
	config := entry.Config
	data := configView{
		Metadata: m, File: v.files()[resolver.Component{Kind: resolver.KindConfig, Name: m.String()}],
		Tests: testRows(testsOf(entry)), APIURL: apiURL(m), Promoted: promotedTo(config), Inputs: v.inputsOf(config),
	}
	if config.Images != nil {
		for _, image := range config.Images.Items {
			data.Images = append(data.Images, imageRow{image.To, image.From, image.DockerfilePath})
		}
	}
	data.Jobs = v.otherJobs(config)
	if content, err := v.Repo.Read(data.File); err == nil {
		data.Source = string(content)
	}
	return &answer{page: "config", title: m.String(), data: data}, nil
}

func (v *view) noBranch(m schema.Metadata) error {
	missing := &missing{message: "There is no configuration " + m.String() + "."}
	for entry := range v.Catalog.Entries() {
		if other := entry.Config.Metadata; other.Org == m.Org && other.Repo == m.Repo && len(missing.suggestions) < maxSuggestions {
			missing.suggestions = append(missing.suggestions, link{other.String(), configURL(other)})
		}
	}
	if len(missing.suggestions) == 0 {
		return v.noConfig(missing.message, m.Component())
	}
	return missing
}

// apiURL is where running jobs get the configuration.
func apiURL(m schema.Metadata) string {
	query := url.Values{"org": {m.Org}, "repo": {m.Repo}, "branch": {m.Branch}}
	if m.Variant != "" {
		query.Set("variant", m.Variant)
	}
	return "/config?" + query.Encode()
}

func promotedTo(config *schema.Config) []string {
	if config.Promotion == nil {
		return nil
	}
	var targets []string
	for _, to := range config.Promotion.To {
		target := to.Namespace + "/"
		if to.Name != "" {
			target += to.Name
		} else {
			target += "*:" + to.Tag
		}
		if to.Disabled {
			target += " (disabled)"
		}
		targets = append(targets, target)
	}
	return targets
}

// inputsOf lists the images and releases that a configuration starts from.
func (v *view) inputsOf(config *schema.Config) []fact {
	var facts []fact
	for alias, image := range config.BaseImages {
		facts = append(facts, v.imageFact(alias, "", &image))
	}
	for name, release := range config.Releases {
		facts = append(facts, fact{Name: "release " + name, Value: releaseText(release)})
	}
	slices.SortFunc(facts, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	return facts
}

func releaseText(release schema.Release) string {
	switch {
	case release.Integration != nil:
		return release.Integration.Namespace + "/" + release.Integration.Name
	case release.Candidate != nil:
		return strings.TrimSpace(string(release.Candidate.Product) + " " + release.Candidate.Version + " " + release.Candidate.Stream)
	case release.Prerelease != nil:
		bounds := release.Prerelease.VersionBounds
		return string(release.Prerelease.Product) + " " + bounds.Lower + " to " + bounds.Upper
	case release.Release != nil:
		return release.Release.Version + " " + release.Release.Channel
	default:
		return ""
	}
}

// otherJobs are the jobs of a configuration that run none of its tests.
func (v *view) otherJobs(config *schema.Config) []jobRow {
	return v.jobRows(config, func(job *prowjobs.Job) bool { return testOf(config, job) < 0 })
}

// jobRows makes the jobs of a configuration, those that are wanted.
func (v *view) jobRows(config *schema.Config, wanted func(*prowjobs.Job) bool) []jobRow {
	maker, err := v.jobs()
	if err != nil {
		return nil
	}
	files, err := maker.Fresh([]*schema.Config{config})
	if err != nil {
		return nil
	}
	var rows []jobRow
	for _, file := range files {
		for _, group := range file.Groups {
			for _, job := range group.Jobs {
				if !wanted(job) {
					continue
				}
				alone := prowjobs.JobFile{Path: file.Path, Groups: []prowjobs.Group{{Kind: group.Kind, Repo: group.Repo, Jobs: []*prowjobs.Job{job}}}}
				row := jobRow{Name: job.Name, Kind: strings.TrimSuffix(string(job.Kind), "s"), Cluster: job.Cluster}
				if rendered, err := prowjobs.Render([]prowjobs.JobFile{alone}); err == nil && len(rendered) == 1 {
					row.YAML = string(rendered[0].Content)
				}
				rows = append(rows, row)
			}
		}
	}
	return rows
}
