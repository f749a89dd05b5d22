// Package older knows the forms in which files of a release repository were
// written before today's, and turns a file's values into today's.
//
// It works on YAML nodes, so that all that reads them afterwards needs to know
// today's forms alone, and every value keeps the line and column that it is
// written at. The forms are described in schema/older.cue. The package never
// changes the nodes it was given, and reads no file.
package older
