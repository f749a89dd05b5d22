// Package schema says what every file of a release repository may hold, and
// decodes such files.
//
// The *.cue files beside this one are the only place where a shape is written.
// From them `make generate` makes the Go types (cue_types_gen.go) and the
// decoder's tables (shapes_gen.json), and of those the JSON Schemas for editors
// (jsonschema). [Decode] reads YAML strictly into the Go
// types: an unknown key, a wrong type or a value outside its bounds is a
// [Problem] with file, line, column and field path, and all of a file's
// problems are found at once.
//
// The package knows nothing of files' places in the repository (repolayout
// does) and of rules that span several fields or files (schema/rules does). It
// never reads a file and never changes what it was given.
package schema

//go:generate go run ./internal/shapegen . shapes_gen.json
//go:generate go run ./internal/jsonschemagen shapes_gen.json jsonschema
