package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// requestError is a request that is not answered as asked, and why.
type requestError struct {
	status int
	// kind is the reason without what varies, for metrics.
	kind string
	// reason is for the client: one line.
	reason string
}

func (f *requestError) Error() string { return f.reason }

func fail(status int, kind, format string, args ...any) *requestError {
	return &requestError{status: status, kind: kind, reason: fmt.Sprintf(format, args...)}
}

var (
	errInternal       = fail(http.StatusInternalServerError, "internal", "internal error")
	errNotReady       = fail(http.StatusServiceUnavailable, "not ready", "not ready: no revision has been loaded yet")
	errNotImplemented = fail(http.StatusNotImplemented, "method", "Not Implemented")
	errQueryTooLong   = fail(http.StatusRequestURITooLong, "query too long", "the query is longer than %d bytes", maxQuery)
	errBodyTooLarge   = fail(http.StatusRequestEntityTooLarge, "body too large", "the request body is larger than %d bytes", maxBody)
	errBodyTooSlow    = fail(http.StatusRequestTimeout, "body too slow", "the request body did not come in time")
	errAnswerTooLarge = fail(http.StatusUnprocessableEntity, "answer too large", "the resolved configuration is larger than %d bytes", maxAnswer)
)

// mostFindings is how many findings an error says.
const mostFindings = 10

// unresolved words what is wrong with a configuration.
func (r *request) unresolved(findings []resolver.Finding) *requestError {
	var reasons []string
	for _, finding := range findings[:min(len(findings), mostFindings)] {
		reasons = append(reasons, r.reason(finding))
	}
	if more := len(findings) - mostFindings; more > 0 {
		reasons = append(reasons, fmt.Sprintf("and %d more", more))
	}
	const kind = "failed to resolve config"
	return fail(http.StatusBadRequest, kind, "%s: %s", kind, strings.Join(reasons, "; "))
}

// reason words one finding, and the files and lines that led to it where the
// snapshot knows them.
func (r *request) reason(finding resolver.Finding) string {
	// The client knows the configuration: it has asked for it.
	finding.Trail = slices.DeleteFunc(slices.Clone(finding.Trail), func(c resolver.Component) bool {
		return c.Kind == resolver.KindConfig
	})
	reason := finding.String()
	located, ok := r.snapshot.(Located)
	if !ok {
		return reason
	}
	return reason + schema.ByWayOf(located.Way(finding))
}

// maxReason limits what an error says, in bytes: it may quote the client.
const maxReason = 8 << 10

// oneLine takes out of text what would make it more than one line, and what is
// too long.
func oneLine(text string) string {
	if len(text) > maxReason {
		text = text[:maxReason] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
