package manifests

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
)

// RuleTemplate is the rule that every parameter of an OpenShift Template has a
// value.
const RuleTemplate = "template"

// isTemplate says whether an object is an OpenShift Template, which is not
// applied but stands for others.
func isTemplate(object *unstructured.Unstructured) bool {
	version := object.GetAPIVersion()
	return object.GetKind() == "Template" && (version == "v1" || strings.HasPrefix(version, "template.openshift.io/"))
}

// process takes the objects of a template, as `oc process` makes them.
func (b *builder) process(file string, line int, template *unstructured.Unstructured) {
	values := b.values(file, line, template)
	labels, _, _ := unstructured.NestedMap(template.Object, "labels")
	objects, _, err := unstructured.NestedSlice(template.Object, "objects")
	if err != nil {
		b.report(file, line, RuleTemplate, err.Error())
		return
	}
	for i, item := range objects {
		object, ok := values.fillAll(item).(map[string]any)
		if !ok {
			b.report(file, line, RuleTemplate, fmt.Sprintf(
				"objects[%d] of the template is no cluster object (found %v, want a mapping with apiVersion, kind and metadata)", i, item))
			continue
		}
		made := &unstructured.Unstructured{Object: object}
		addLabels(made, values, labels)
		b.add(file, line, made)
	}
	for _, name := range slices.Sorted(maps.Keys(values.missing)) {
		if values.used[name] || values.missing[name] == notGiven {
			b.report(file, line, RuleTemplate, fmt.Sprintf(
				"a parameter of the template has no value (found none for %s: %s; want one in drover.yaml, under parameters of the folder)", name, values.missing[name]))
		}
	}
}

// Why a parameter has no value. A random value would make other objects of the
// same revision each time, and one that follows from the repository would be
// known to all who can read it.
const (
	notGiven  = "it is required, and none is given"
	generated = "a random one, as it asks for, would be another each time"
)

// values are those of a template's parameters.
type values struct {
	texts map[string]string
	// missing are the parameters without a value, and why.
	missing map[string]string
	// used are the missing parameters that an object needs.
	used map[string]bool
}

// values reads the parameters of a template.
func (b *builder) values(file string, line int, template *unstructured.Unstructured) *values {
	v := &values{texts: map[string]string{}, missing: map[string]string{}, used: map[string]bool{}}
	declared, _, err := unstructured.NestedSlice(template.Object, "parameters")
	if err != nil {
		b.report(file, line, RuleTemplate, err.Error())
	}
	for i, item := range declared {
		parameter, _ := item.(map[string]any)
		name, _ := parameter["name"].(string)
		if name == "" {
			b.report(file, line, RuleTemplate, fmt.Sprintf("parameters[%d] of the template has no name (found nothing, want one such as REPLICAS)", i))
			continue
		}
		given, isGiven := b.parameters[name]
		value := fmt.Sprint(orNothing(parameter["value"]))
		switch {
		case isGiven:
			v.texts[name] = given
			b.given[name] = true
		case value != "":
			v.texts[name] = value
		case parameter["generate"] != nil && parameter["generate"] != "":
			v.missing[name] = generated
		case parameter["required"] == true:
			v.missing[name] = notGiven
		default:
			v.texts[name] = ""
		}
	}
	return v
}

func orNothing(value any) any {
	if value == nil {
		return ""
	}
	return value
}

var (
	inText  = regexp.MustCompile(`\$\{([a-zA-Z0-9_]+)\}`)
	asValue = regexp.MustCompile(`^\$\{\{([a-zA-Z0-9_]+)\}\}$`)
)

// fillAll gives a value with the parameters' in the place of their names:
// ${NAME} in any text, also in keys, and ${{NAME}} for a value of any type. What
// is no parameter of the template stays.
func (v *values) fillAll(value any) any {
	switch value := value.(type) {
	case string:
		return v.fill(value)
	case []any:
		for i := range value {
			value[i] = v.fillAll(value[i])
		}
		return value
	case map[string]any:
		filled := make(map[string]any, len(value))
		for key, item := range value {
			filled[v.fillText(key)] = v.fillAll(item)
		}
		return filled
	default:
		return value
	}
}

func (v *values) fill(text string) any {
	match := asValue.FindStringSubmatch(text)
	if match == nil {
		return v.fillText(text)
	}
	given, ok := v.find(match[1])
	if !ok {
		return text
	}
	var value any
	if err := json.Unmarshal([]byte(given), &value); err != nil {
		return given
	}
	if number, ok := value.(float64); ok && number == float64(int64(number)) {
		return int64(number) // as objects have their numbers
	}
	return value
}

func (v *values) fillText(text string) string {
	return inText.ReplaceAllStringFunc(text, func(reference string) string {
		if given, ok := v.find(reference[2 : len(reference)-1]); ok {
			return given
		}
		return reference
	})
}

func (v *values) find(name string) (string, bool) {
	if _, missing := v.missing[name]; missing {
		v.used[name] = true
	}
	given, ok := v.texts[name]
	return given, ok
}

// addLabels gives an object the labels that the template has for all.
func addLabels(object *unstructured.Unstructured, values *values, labels map[string]any) {
	if len(labels) == 0 {
		return
	}
	all := object.GetLabels()
	if all == nil {
		all = map[string]string{}
	}
	for key, value := range labels {
		all[values.fillText(key)] = values.fillText(fmt.Sprint(value))
	}
	object.SetLabels(all)
}
