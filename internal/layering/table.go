package layering

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Any stands for all of our packages, as the only entry of a list.
const Any = "*"

// Table says who may import what. Packages are named by their folder from the module's root, as in "repo-layout".
type Table struct {
	// Module is the module's path. Imports that begin with it are ours, all others are libraries.
	Module string

	// Packages has a row for every package.
	Packages map[string]Row

	// Tests lists our packages that the tests of every package may import besides: helpers and fixtures.
	Tests []string

	// Libraries restricts import paths, each with all below it, to the packages listed. The longest entry that fits
	// decides; a library without one is free to all.
	Libraries map[string]Library
}

// Row says which of our packages one package may import. Every package may import itself: external tests do.
type Row struct {
	Imports []string // what the package may import
	Tests   []string // what its tests may import besides
}

// Library says who may import a library.
type Library struct {
	Users []string // packages, each with all below it; none for nobody
	Tests bool     // tests of every package may too
}

// Check reads the Go files of a tree and returns what breaks the table, sorted, each with file and line. The error is
// for a tree that cannot be read or parsed.
func (t *Table) Check(tree fs.FS) ([]string, error) {
	files, err := scan(tree)
	if err != nil {
		return nil, err
	}

	found := map[string]bool{}

	for _, file := range files {
		row, known := t.Packages[file.folder]
		if !known {
			found["package "+file.folder+" is not in the table: add a row that says what it may import"] = true

			continue
		}

		for _, use := range file.uses {
			if problem := t.judge(file, row, use.path); problem != "" {
				found[fmt.Sprintf("%s:%d: %s", file.name, use.line, problem)] = true
			}
		}
	}

	return slices.Sorted(maps.Keys(found)), nil
}

// judge returns what is wrong with a file's import, or nothing.
func (t *Table) judge(file source, row Row, path string) string {
	ours, isOurs := t.ours(path)

	switch {
	case isOurs && t.mayImport(file, row, ours):
		return ""
	case isOurs && file.isTest:
		return fmt.Sprintf("tests of %s may not import %s: no row of the table allows it", file.folder, ours)
	case isOurs:
		return fmt.Sprintf("%s may not import %s: its row in the table does not list it", file.folder, ours)
	}

	library, users := t.restriction(path)
	if library == "" || users.Tests && file.isTest || slices.ContainsFunc(users.Users, below(file.folder)) {
		return ""
	}

	if len(users.Users) == 0 {
		return fmt.Sprintf("%s may not import %s: no package may", file.folder, path)
	}

	return fmt.Sprintf("%s may not import %s: that is for %s", file.folder, path, strings.Join(users.Users, ", "))
}

// ours is the folder of a package of our module.
func (t *Table) ours(path string) (folder string, ok bool) {
	if path == t.Module {
		return ".", true
	}

	return strings.CutPrefix(path, t.Module+"/")
}

// mayImport says whether the table lets a file import one of our packages.
func (t *Table) mayImport(file source, row Row, folder string) bool {
	allows := func(list []string) bool {
		return slices.Contains(list, folder) || slices.Contains(list, Any)
	}

	if folder == file.folder || allows(row.Imports) {
		return true
	}

	return file.isTest && (allows(row.Tests) || allows(t.Tests))
}

// restriction finds the longest entry of Libraries that a path lies at or below; its name is empty where there is none.
func (t *Table) restriction(path string) (name string, library Library) {
	for candidate, l := range t.Libraries {
		if len(candidate) > len(name) && below(path)(candidate) {
			name, library = candidate, l
		}
	}

	return name, library
}

// below returns a function that says whether path is, or lies below, what it is given.
func below(path string) func(string) bool {
	return func(above string) bool {
		return path == above || strings.HasPrefix(path, above+"/")
	}
}
