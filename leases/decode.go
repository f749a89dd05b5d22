package leases

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// Decode reads a file of the lease server strictly. What is wrong with it is said
// in the words of the file, not of Go, and in one line.
func Decode(content []byte, into any) error {
	err := yaml.UnmarshalStrict(content, into)
	if err == nil {
		return nil
	}
	said := err.Error()
	if wrong := wrongType.FindStringSubmatch(said); wrong != nil {
		found, field, want := wrong[1], wrong[2], wrong[3]
		if field == "" {
			field = "the file"
		}
		return fmt.Errorf("%s: not what it must be (found %s, want %s)", field, kindOfJSON(found), kindOfGo(want))
	}
	if unknown := unknownField.FindStringSubmatch(said); unknown != nil {
		return fmt.Errorf("the field %s is not known", unknown[1])
	}
	said = strings.TrimPrefix(said, "error converting YAML to JSON: ")
	said = strings.TrimPrefix(said, "error unmarshaling JSON: while decoding JSON: ")
	said = strings.TrimPrefix(said, "yaml: unmarshal errors:\n  ")
	return errors.New(strings.ReplaceAll(said, "\n  ", "; "))
}

// What encoding/json says, of which the errors of the YAML library only keep the
// words.
var (
	wrongType    = regexp.MustCompile(`json: cannot unmarshal (\w+)(?: \S+)? into Go (?:struct field \w*\.(\S+)|value) of type (.+)$`)
	unknownField = regexp.MustCompile(`json: unknown field ("[^"]*")`)
)

func kindOfJSON(kind string) string {
	switch kind {
	case "string":
		return "text"
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	case "bool":
		return "true or false"
	default:
		return "a " + kind
	}
}

func kindOfGo(kind string) string {
	switch {
	case kind == "string":
		return "text"
	case kind == "bool":
		return "true or false"
	case strings.HasPrefix(kind, "[]"):
		return "a list"
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "a whole number"
	default:
		return "a mapping"
	}
}
