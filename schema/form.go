package schema

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/robfig/cron/v3"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// stringComplaint says why text is not what a shape allows; empty if it is.
func stringComplaint(s *shape.Shape, text string) string {
	switch {
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, text):
		return "the value is not one of those allowed (found " + quote(text) + ", want " + oneOf(s.Enum) + ")"
	case s.NotEmpty && text == "":
		return "the value is empty (found \"\", want text)"
	}
	for _, pattern := range s.Patterns {
		if !matches(pattern, text) {
			return "the value does not fit (found " + quote(text) + ", want " + wantText(s, pattern) + ")"
		}
	}
	if s.Format == "" {
		return ""
	}
	return formatComplaint(s, text)
}

// wantText is what a text should be, in words where there are any.
func wantText(s *shape.Shape, pattern string) string {
	if s.Want != "" {
		return s.Want
	}
	return "text that matches " + pattern
}

// keyComplaint says why a name is not what a map allows; empty if it is.
func keyComplaint(key *shape.Shape, name string) string {
	if key == nil || stringComplaint(key, name) == "" {
		return ""
	}
	if len(key.Enum) > 0 {
		return "the name is not one of those allowed (found " + quote(name) + ", want " + oneOf(key.Enum) + ")"
	}
	return "the name does not fit (found " + quote(name) + ", want " + wantText(key, key.Patterns[0]) + ")"
}

// cronForm is the form of times that Prow reads: five fields or, with seconds,
// six; or a word such as @daily.
const cronForm = cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor

// formatComplaint judges text that has to be parsed.
func formatComplaint(s *shape.Shape, text string) string {
	var err error
	switch s.Format {
	case shape.Regexp:
		_, err = syntax.Parse(text, syntax.Perl) // as regexp.Compile, which goes on from there
	case shape.Cron:
		_, err = cron.NewParser(cronForm).Parse(text)
	case shape.Duration:
		var parsed Duration
		if parsed, err = ParseDuration(text); err == nil {
			return durationComplaint(s, parsed)
		}
	}
	if err == nil {
		return ""
	}
	return "the value does not fit (found " + quote(text) + ", want " + s.Want + reason(err) + ")"
}

// reason is what a parser has to say about text, without its own name.
func reason(err error) string {
	message := err.Error()
	for _, prefix := range []string{"error parsing regexp: ", "time: invalid duration ", "time: "} {
		message = strings.TrimPrefix(message, prefix)
	}
	if strings.HasPrefix(message, `"`) { // it only repeats the text
		return ""
	}
	return ": " + message
}

func durationComplaint(s *shape.Shape, found Duration) string {
	if found < 0 {
		return "the duration is negative (found " + found.String() + `, want one such as "90m")`
	}
	if s.Max != nil && found > Duration(*s.Max) {
		return "the duration is too long (found " + found.String() + ", want at most " + Duration(*s.Max).String() + ")"
	}
	return ""
}

// patterns caches compiled expressions. They come from the definitions alone,
// so their number is bounded.
var patterns sync.Map //nolint:gochecknoglobals // nobody can tell whether an expression was there before

func matches(pattern, text string) bool {
	compiled, ok := patterns.Load(pattern)
	if !ok {
		compiled, _ = patterns.LoadOrStore(pattern, regexp.MustCompile(pattern))
	}
	expression, _ := compiled.(*regexp.Regexp)
	return expression.MatchString(text)
}
