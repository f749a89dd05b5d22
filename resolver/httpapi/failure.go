package httpapi

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/drover-ci/drover/resolver"
)

// failure is a request that is not answered as asked, and why.
type failure struct {
	status int
	// kind is the reason without what varies, for metrics.
	kind string
	// reason is for the client: one line.
	reason string
}

func (f *failure) Error() string { return f.reason }

func fail(status int, kind, format string, args ...any) *failure {
	return &failure{status: status, kind: kind, reason: fmt.Sprintf(format, args...)}
}

var (
	notReady       = fail(http.StatusServiceUnavailable, "not ready", "not ready: no revision has been loaded yet")
	notImplemented = fail(http.StatusNotImplemented, "method", "Not Implemented")
	queryTooLong   = fail(http.StatusRequestURITooLong, "query too long", "the query is longer than %d bytes", maxQuery)
	bodyTooLarge   = fail(http.StatusRequestEntityTooLarge, "body too large", "the request body is larger than %d bytes", maxBody)
	answerTooLarge = fail(http.StatusUnprocessableEntity, "answer too large", "the resolved configuration is larger than %d bytes", maxAnswer)
)

// mostFindings is how many findings an error says.
const mostFindings = 10

// unresolved words what is wrong with a configuration.
func unresolved(findings []resolver.Finding) *failure {
	var reasons []string
	for _, finding := range findings[:min(len(findings), mostFindings)] {
		reasons = append(reasons, finding.String())
	}
	if more := len(findings) - mostFindings; more > 0 {
		reasons = append(reasons, fmt.Sprintf("and %d more", more))
	}
	return fail(http.StatusBadRequest, "failed to resolve config", "failed to resolve config: %s", strings.Join(reasons, "; "))
}

// oneLine takes out of text what would make it more than one line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
