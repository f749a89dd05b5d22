// Jsonschemagen writes a JSON Schema for each kind of file, for editors to
// check and complete with, from the tables that the decoder reads:
//
//	jsonschemagen shapes_gen.json jsonschema
//
// The schemas allow what the decoder accepts, older forms included. They say
// less than it in three things: numbers and truth values pass where text with a
// pattern is wanted, durations and expressions are not parsed, and no name is
// found to be given twice.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/internal/shape"
)

// base is where editors find the schemas.
const base = "https://raw.githubusercontent.com/drover-ci/drover/main/schema/jsonschema/"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "jsonschemagen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("want the file of tables, and the folder to write to")
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var table shape.Table
	if err := json.Unmarshal(data, &table); err != nil {
		return fmt.Errorf("read %s: %w", args[0], err)
	}
	settings := newSettings()
	for _, kind := range schema.Kinds() {
		name := kind.Name + ".json"
		if err := write(filepath.Join(args[1], name), document(table, kind)); err != nil {
			return err
		}
		settings.add(base+name, kind.Files)
	}
	return write(filepath.Join(args[1], "vscode-settings.json"), settings)
}

// settings are those of VS Code: which schema holds for which files. It takes
// what ends in .json from another list than YAML, and knows YAML by its ending.
type settings struct {
	YAML   map[string][]string `json:"yaml.schemas"`
	JSON   []jsonSchema        `json:"json.schemas"`
	IsYAML map[string]string   `json:"files.associations"`
}

type jsonSchema struct {
	Files []string `json:"fileMatch"`
	URL   string   `json:"url"`
}

func newSettings() settings {
	return settings{YAML: map[string][]string{}, IsYAML: map[string]string{}}
}

func (s *settings) add(url string, globs []string) {
	for _, glob := range globs {
		switch path.Ext(glob) {
		case ".json":
			s.JSON = append(s.JSON, jsonSchema{Files: []string{glob}, URL: url})
			continue
		case ".yaml":
		default:
			s.IsYAML[glob] = "yaml"
		}
		s.YAML[url] = append(s.YAML[url], glob)
	}
}

func write(file string, content any) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(content); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}
