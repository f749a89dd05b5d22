package schema

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

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
	if into.IsValid() && into.Type() == reflect.TypeFor[Duration]() {
		d.duration(node, s, into, at)
		return
	}
	if s.Kind == shape.Union {
		s = scalarMember(kind, s)
	}
	switch s.Kind {
	case shape.String:
		d.text(node, text, s, into, at)
	case shape.Bool:
		if kind != boolScalar {
			d.expectScalar(node, "true or false", at)
		} else if into.IsValid() {
			into.SetBool(text == "true")
		}
	case shape.Int:
		d.integer(node, s, into, at)
	case shape.Number:
		if kind != intScalar && kind != floatScalar {
			d.expectScalar(node, "a number", at)
		} else if into.IsValid() {
			d.anything(node, into, at)
		}
	default:
		d.expectScalar(node, wantOf(s), at)
	}
}

// scalarMember is the member of a union that a scalar can be: a number where it
// is one, else text. The union itself where it has neither.
func scalarMember(kind scalarKind, union *shape.Shape) *shape.Shape {
	chosen := union
	for _, member := range union.Of {
		member = shapes().Deref(member)
		if member.Kind == shape.Int && kind == intScalar {
			return member
		}
		if member.Kind == shape.String {
			chosen = member
		}
	}
	return chosen
}

func (d *decoder) text(node *yaml.Node, text string, s *shape.Shape, into reflect.Value, at *step) {
	if complaint := d.shared.complaint(s, text); complaint != "" {
		d.report(node, at, cmp.Or(s.Rule, RuleWrongValue), complaint)
		return
	}
	if into.IsValid() {
		into.SetString(d.shared.text(text))
	}
}

func (d *decoder) integer(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	kind, text := resolveScalar(node)
	number, err := strconv.ParseInt(text, 10, 64)
	if kind != intScalar || err != nil {
		d.expectScalar(node, "a whole number", at)
		return
	}
	if s.Min != nil && number < *s.Min || s.Max != nil && number > *s.Max {
		d.report(node, at, cmp.Or(s.Rule, RuleWrongValue),
			fmt.Sprintf("the number is out of bounds (found %d, want %s)", number, bounds(s.Min, s.Max)))
		return
	}
	switch {
	case !into.IsValid():
	case into.CanUint():
		into.SetUint(uint64(number)) //nolint:gosec // CUE's uint has 0 as its lower bound
	default:
		into.SetInt(number)
	}
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

// duration decodes text, or a number of nanoseconds.
func (d *decoder) duration(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	kind, text := resolveScalar(node)
	parsed, err := ParseDuration(text)
	if number, notNumber := strconv.ParseInt(text, 10, 64); kind == intScalar && notNumber == nil {
		parsed, err = Duration(number), nil
	}
	if err != nil {
		d.expectScalar(node, `a duration such as "90m" or "1h30m"`, at)
		return
	}
	if complaint := durationComplaint(s, parsed); complaint != "" {
		d.report(node, at, cmp.Or(s.Rule, RuleWrongValue), complaint)
		return
	}
	into.SetInt(int64(parsed))
}

func (d *decoder) expectScalar(node *yaml.Node, want string, at *step) {
	d.report(node, at, RuleWrongType, "the value has the wrong type (found "+describe(node)+", want "+want+")")
}

func wantOf(s *shape.Shape) string {
	switch s.Kind {
	case shape.Int:
		return "a whole number"
	case shape.Bool:
		return "true or false"
	case shape.Number:
		return "a number"
	case shape.Union:
		wants := make([]string, 0, len(s.Of))
		for _, member := range s.Of {
			wants = append(wants, wantOf(shapes().Deref(member)))
		}
		return strings.Join(wants, " or ")
	case shape.Map, shape.Struct:
		return "a mapping"
	case shape.List:
		return "a list"
	default:
		return cmp.Or(s.Want, "text")
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
