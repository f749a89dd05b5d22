// Shapegen compiles the CUE definitions of a folder into the tables that the
// decoder reads, as a JSON file:
//
//	shapegen ./schema schema/shapes_gen.json
//
// It compiles definitions, and the hidden fields that they use: names for forms
// of text (`_path: =~"^/"`) and for constraints on several fields
// (`_oneSource: matchN(1, [...])`). What has no compiled form is an error.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "shapegen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("want a folder of CUE files, and the file to write")
	}
	instances := load.Instances(args[:1], nil)
	value := cuecontext.New().BuildInstance(instances[0])
	if err := value.Err(); err != nil {
		return fmt.Errorf("build %s: %w", args[0], err)
	}
	table, err := compileAll(value)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(table); err != nil {
		return err
	}
	return os.WriteFile(args[1], out.Bytes(), 0o600)
}

// compiler compiles the values of one package.
type compiler struct {
	// fields are the package's definitions and hidden fields, by name.
	fields map[string]cue.Value
}
