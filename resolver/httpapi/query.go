package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drover-ci/drover/schema"
)

// Limits on what a request may hold, in bytes.
const (
	maxQuery     = 16 << 10
	maxParameter = 4 << 10
	maxBody      = schema.MaxFileSize
	// maxAnswer limits what a client's own configuration may blow up to. What
	// the repository holds is not limited: real answers are up to 80 MB.
	maxAnswer = 256 << 20
)

// query is a request's parameters.
type query url.Values

func parseQuery(raw string) (query, error) {
	if len(raw) > maxQuery {
		return nil, errQueryTooLong
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "query", "the query cannot be read: %v", err)
	}
	return query(values), nil
}

// required gives a parameter that may not be empty.
func (q query) required(name string) (string, error) {
	value, err := q.optional(name)
	if err == nil && value == "" {
		return "", incorrect(name, "")
	}
	return value, err
}

// optional gives a parameter, or nothing where it is not there.
func (q query) optional(name string) (string, error) {
	values := q[name]
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1:
		return "", incorrect(name, ": it is given more than once")
	case len(values[0]) > maxParameter:
		return "", incorrect(name, ": it is too long")
	case !utf8.ValidString(values[0]) || strings.ContainsFunc(values[0], unicode.IsControl):
		return "", incorrect(name, ": it is not text")
	}
	return values[0], nil
}

func incorrect(name, why string) *requestError {
	return fail(http.StatusBadRequest, "query missing or incorrect", "%s query missing or incorrect%s", name, why)
}

// metadata gives the four parameters that name a configuration.
func (q query) metadata() (schema.Metadata, error) {
	return q.named("org", "repo", "branch", "variant")
}

// injected gives the parameters that name the configuration to take a test from,
// and the test.
func (q query) injected() (schema.Metadata, string, error) {
	metadata, err := q.named("injectTestFromOrg", "injectTestFromRepo", "injectTestFromBranch", "injectTestFromVariant")
	if err != nil {
		return metadata, "", err
	}
	test, err := q.required("injectTest")
	return metadata, test, err
}

// named gives the parameters of these names as metadata.
func (q query) named(org, repo, branch, variant string) (m schema.Metadata, err error) {
	if m.Org, err = q.required(org); err != nil {
		return m, err
	}
	if m.Repo, err = q.required(repo); err != nil {
		return m, err
	}
	if m.Branch, err = q.required(branch); err != nil {
		return m, err
	}
	m.Variant, err = q.optional(variant)
	return m, err
}
