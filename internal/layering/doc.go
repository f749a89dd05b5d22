// Package layering holds the imports of every package against a table, so that nothing imports upward unnoticed.
//
// The table is in layers_test.go: which of our packages a package may import, and which libraries are for some packages
// only. A package that has no row fails the test until somebody decides where in the house it stands.
//
// The package reads the source files and parses their imports itself, on every build tag and system at once. It never
// asks the go command: a test that ran `go list` would be answered from Go's test cache after a bad import was added,
// since that cache knows of files a test opens, and not of those its children do.
package layering
