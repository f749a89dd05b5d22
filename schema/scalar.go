package schema

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// scalarKind is what a scalar is under YAML 1.1.
type scalarKind int

const (
	textScalar scalarKind = iota
	nullScalar
	boolScalar
	intScalar
	floatScalar
)

// floatForm is YAML 1.1's form of a number with a fraction or exponent.
var floatForm = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

// resolveScalar says what a scalar is and gives its canonical text. Quoted
// scalars and explicit strings are text. The rules are those of YAML 1.1, in
// which "yes" and "off" are booleans and 0777 is octal.
func resolveScalar(node *yaml.Node) (scalarKind, string) {
	quoted := node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if quoted || (node.Style&yaml.TaggedStyle != 0 && node.Tag == "!!str") {
		return textScalar, node.Value
	}
	switch node.Value {
	case "", "~", "null", "Null", "NULL":
		return nullScalar, ""
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return boolScalar, "true"
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return boolScalar, "false"
	}
	if !strings.ContainsRune("+-.0123456789", rune(node.Value[0])) {
		return textScalar, node.Value
	}
	return resolveNumber(node.Value)
}

func resolveNumber(text string) (scalarKind, string) {
	plain := strings.ReplaceAll(text, "_", "")
	if number, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return intScalar, strconv.FormatInt(number, 10)
	}
	if floatForm.MatchString(plain) {
		if number, err := strconv.ParseFloat(plain, 64); err == nil {
			return floatScalar, strconv.FormatFloat(number, 'g', -1, 32)
		}
	}
	return textScalar, text
}

func isNull(node *yaml.Node) bool {
	if node.Kind != yaml.ScalarNode {
		return false
	}
	kind, _ := resolveScalar(node)
	return kind == nullScalar
}

// scalarText is a scalar as text, whatever it is.
func scalarText(node *yaml.Node) string {
	_, text := resolveScalar(node)
	return text
}

func (d *decoder) scalar(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if node.Kind != yaml.ScalarNode {
		d.expect(node, yaml.ScalarNode, wantOf(s), at)
		return
	}
	kind, text := resolveScalar(node)
	switch into.Kind() {
	case reflect.String:
		if complaint := stringComplaint(s, text); complaint != "" {
			d.report(node, at, RuleWrongValue, complaint)
			return
		}
		into.SetString(text)
	case reflect.Bool:
		if kind != boolScalar {
			d.expectScalar(node, "true or false", at)
			return
		}
		into.SetBool(text == "true")
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		d.integer(node, s, into, at)
	default:
		d.anything(node, into, at)
	}
}

func (d *decoder) integer(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	kind, text := resolveScalar(node)
	number, err := strconv.ParseInt(text, 10, 64)
	if kind != intScalar || err != nil {
		d.expectScalar(node, "a whole number", at)
		return
	}
	low, high := s.Min, s.Max
	if low == nil && into.CanUint() {
		low = new(int64)
	}
	if low != nil && number < *low || high != nil && number > *high {
		d.report(node, at, RuleWrongValue, fmt.Sprintf("the number is out of bounds (found %d, want %s)", number, bounds(low, high)))
		return
	}
	if into.CanUint() {
		into.SetUint(uint64(number)) //nolint:gosec // not negative: low is at least 0 here
		return
	}
	into.SetInt(number)
}

func bounds(low, high *int64) string {
	switch {
	case low != nil && high != nil:
		return fmt.Sprintf("%d to %d", *low, *high)
	case low != nil:
		return fmt.Sprintf("at least %d", *low)
	default:
		return fmt.Sprintf("at most %d", *high)
	}
}

// duration decodes by a rule of its own, whatever shape describes the value.
func (d *decoder) duration(node *yaml.Node, into reflect.Value, at *step) {
	if node.Kind == yaml.ScalarNode {
		kind, text := resolveScalar(node)
		if number, err := strconv.ParseInt(text, 10, 64); kind == intScalar && err == nil {
			into.SetInt(number)
			return
		}
		if parsed, err := ParseDuration(text); err == nil {
			into.SetInt(int64(parsed))
			return
		}
	}
	d.expectScalar(node, `a duration such as "90m" or "1h30m"`, at)
}

func (d *decoder) expectScalar(node *yaml.Node, want string, at *step) {
	d.report(node, at, RuleWrongType, "the value has the wrong type (found "+describe(node)+", want "+want+")")
}

// stringComplaint says why text is not what a shape allows; empty if it is.
func stringComplaint(s *shape.Shape, text string) string {
	if s.Kind == shape.Union {
		for _, member := range s.Of {
			if stringComplaint(shapes().Deref(member), text) == "" {
				return ""
			}
		}
		return "the value does not fit (found " + quote(text) + ")"
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
		return "the value is not one of those allowed (found " + quote(text) + ", want " + oneOf(s.Enum) + ")"
	}
	for _, pattern := range s.Patterns {
		if !matches(pattern, text) {
			return "the value does not fit (found " + quote(text) + ", want text that matches " + pattern + ")"
		}
	}
	return ""
}

func wantOf(s *shape.Shape) string {
	switch s.Kind {
	case shape.Int:
		return "a whole number"
	case shape.Bool:
		return "true or false"
	case shape.Number:
		return "a number"
	default:
		return "text"
	}
}

// describe says what a node is, for a message.
func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return quote(node.Value)
	}
}

// quote shows text in a message, cut where it is long.
func quote(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

func oneOf(values []string) string {
	return strings.Join(values, ", ")
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
