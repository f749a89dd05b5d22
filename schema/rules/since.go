package rules

import (
	"regexp"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Since gives the problems of head that base does not have, in order: those
// that a change causes, wherever they surface. A problem that only stands on
// another line, or at another place in its list, is an old one.
func Since(base, head []schema.Problem) []schema.Problem {
	exact, loose := map[string]int{}, map[string]int{}
	for _, problem := range base {
		exact[identity(problem)]++
	}
	var left []schema.Problem
	for _, problem := range head {
		if id := identity(problem); exact[id] > 0 {
			exact[id]--
			continue
		}
		left = append(left, problem)
	}
	for _, problem := range base { // those that head has exactly are spoken for
		if id := identity(problem); exact[id] > 0 {
			exact[id]--
			loose[positions.ReplaceAllString(id, "#")]++
		}
	}
	var fresh []schema.Problem
	for _, problem := range left {
		if id := positions.ReplaceAllString(identity(problem), "#"); loose[id] > 0 {
			loose[id]--
			continue
		}
		fresh = append(fresh, problem)
	}
	return fresh
}

// positions are what a change elsewhere in a file moves.
var positions = regexp.MustCompile(`\[[0-9]+\]|\bline [0-9]+|:[0-9]+:[0-9]+`)

// identity is what a problem says, without where it stands, without the lines of
// others that led there, and without what it offers instead, which depends on
// what else there is.
func identity(p schema.Problem) string {
	message := strings.TrimSuffix(p.Message, schema.ByWayOf(p.Related))
	message, _, _ = strings.Cut(message, "; did you mean")
	return strings.Join([]string{p.File, p.Path, p.Rule, message}, "\x00")
}
