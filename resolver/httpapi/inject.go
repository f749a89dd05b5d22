package httpapi

import (
	"net/http"
	"strings"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// configWithInjectedTest answers with the configuration of a branch, and a test
// of another configuration in it.
func configWithInjectedTest(r *request) (content, error) {
	metadata, err := r.query.metadata()
	if err != nil {
		return nil, err
	}
	from, test, err := r.query.injected()
	if err != nil {
		return nil, err
	}
	base, err := r.find(metadata)
	if err != nil {
		return nil, err
	}
	return r.inject(base.Source(), from, test)
}

// mergedConfigWithInjectedTest answers with several configurations made into
// one, and a test in it.
func mergedConfigWithInjectedTest(r *request) (content, error) {
	list, err := r.query.metadataList()
	if err != nil {
		return nil, err
	}
	from, test, err := r.query.injected()
	if err != nil {
		return nil, err
	}
	var configs []*schema.Config
	for _, metadata := range list {
		config, err := r.find(metadata)
		if err != nil {
			return nil, err
		}
		configs = append(configs, config.Source())
	}
	return r.inject(resolver.Merge(configs), from, test)
}

func (r *request) inject(base *schema.Config, from schema.Metadata, test string) (content, error) {
	source, err := r.find(from)
	if err != nil {
		return nil, err
	}
	config, err := resolver.Inject(base, source, test)
	if err != nil {
		return nil, fail(http.StatusNotFound, "failed to inject test", "failed to inject test into config: %v", err)
	}
	return r.resolved(config)
}

// metadataList gives the four parameters as comma-separated lists of the same
// length. The variants may be left out; each of them may be empty.
func (q query) metadataList() ([]schema.Metadata, error) {
	whole, err := q.metadata()
	if err != nil {
		return nil, err
	}
	orgs, repos := strings.Split(whole.Org, ","), strings.Split(whole.Repo, ",")
	branches := strings.Split(whole.Branch, ",")
	variants := make([]string, len(orgs))
	if whole.Variant != "" {
		variants = strings.Split(whole.Variant, ",")
	}
	for _, values := range [][]string{repos, branches, variants} {
		if len(values) != len(orgs) {
			return nil, incorrect("org, repo, branch and variant", ": the lists are not of the same length")
		}
	}
	list := make([]schema.Metadata, len(orgs))
	for i := range orgs {
		list[i] = schema.Metadata{Org: orgs[i], Repo: repos[i], Branch: branches[i], Variant: variants[i]}
	}
	return list, nil
}
