package layering

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// source is one Go file.
type source struct {
	name   string // from the tree's root
	folder string // its package
	isTest bool
	uses   []use
}

// use is one import of a file.
type use struct {
	path string
	line int
}

// scan reads the imports of every Go file that belongs to the module at the tree's root.
func scan(tree fs.FS) ([]source, error) {
	var files []source

	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isForeign(tree, name):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}

		file, err := read(tree, name)
		if err != nil {
			return err
		}

		files = append(files, file)

		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read imports: %w", err)
	}

	return files, nil
}

// isForeign says whether a folder holds no packages of the module: what the go command passes over, and other modules.
func isForeign(tree fs.FS, folder string) bool {
	if folder == "." {
		return false
	}

	base := path.Base(folder)
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}

	_, err := fs.Stat(tree, path.Join(folder, "go.mod"))

	return err == nil
}

// read parses the imports of one file.
func read(tree fs.FS, name string) (source, error) {
	content, err := fs.ReadFile(tree, name)
	if err != nil {
		return source{}, err
	}

	positions := token.NewFileSet()

	syntax, err := parser.ParseFile(positions, name, content, parser.ImportsOnly)
	if err != nil {
		return source{}, err
	}

	file := source{name: name, folder: path.Dir(name), isTest: strings.HasSuffix(name, "_test.go")}

	for _, spec := range syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}

		file.uses = append(file.uses, use{path: imported, line: positions.Position(spec.Pos()).Line})
	}

	return file, nil
}
