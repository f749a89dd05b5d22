package layering

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// house is a table with three floors, one library for the middle one, and one that nobody should use.
func house() *Table {
	return &Table{
		Module: "example.org/house",
		Packages: map[string]Row{
			"cellar":     {Tests: []string{"ground"}},
			"ground":     {Imports: []string{"cellar"}},
			"roof":       {Imports: []string{Any}},
			"roof/tools": {},
		},
		Tests: []string{"roof/tools"},
		Libraries: map[string]Library{
			"example.org/paint":      {Users: []string{"ground"}, Tests: true},
			"example.org/paint/lead": {},
		},
	}
}

func TestCheck(t *testing.T) {
	cases := map[string]struct {
		reason string
		files  map[string]string
		want   []string
	}{
		"Downward": {
			reason: "imports that the rows list, the standard library and free libraries should pass",
			files: map[string]string{
				"cellar/a.go": `package cellar; import ("fmt"; "example.org/free")`,
				"ground/a.go": `package ground; import "example.org/house/cellar"`,
				"roof/a.go":   `package roof; import ("example.org/house/cellar"; "example.org/house/ground")`,
			},
		},
		"Upward": {
			reason: "an import that the row does not list should be named with file and line, whatever its build tag",
			files: map[string]string{
				"cellar/a.go": "//go:build plan9\n\npackage cellar\n\nimport _ \"example.org/house/ground\"\n",
			},
			want: []string{"cellar/a.go:5: cellar may not import ground: its row in the table does not list it"},
		},
		"Unknown": {
			reason: "a package without a row should fail once, even with nothing imported",
			files:  map[string]string{"shed/a.go": `package shed`, "shed/b.go": `package shed`},
			want:   []string{"package shed is not in the table: add a row that says what it may import"},
		},
		"Root": {
			reason: "the package at the module's root is a package like others",
			files:  map[string]string{"cellar/a.go": `package cellar; import "example.org/house"`},
			want:   []string{"cellar/a.go:1: cellar may not import .: its row in the table does not list it"},
		},
		"Neighbour": {
			reason: "a module whose name begins with ours is not ours",
			files:  map[string]string{"cellar/a.go": `package cellar; import "example.org/household"`},
		},
		"Tests": {
			reason: "tests may import the helpers, what their row lists for them, and their own package",
			files: map[string]string{
				"cellar/a_test.go": `package cellar_test
					import ("example.org/house/cellar"; "example.org/house/ground"; "example.org/house/roof/tools")`,
				"cellar/b_test.go": `package cellar; import "example.org/house/roof"`,
				"ground/a.go":      `package ground; import "example.org/house/roof/tools"`,
			},
			want: []string{
				"cellar/b_test.go:1: tests of cellar may not import roof: no row of the table allows it",
				"ground/a.go:1: ground may not import roof/tools: its row in the table does not list it",
			},
		},
		"Libraries": {
			reason: "a library should be for its users and, where it says so, tests; the longer entry decides",
			files: map[string]string{
				"cellar/a.go":      `package cellar; import "example.org/paint/red"`,
				"cellar/a_test.go": `package cellar; import "example.org/paint"`,
				"ground/a.go":      `package ground; import ("example.org/paint"; "example.org/paint/lead/white")`,
				"roof/a.go":        `package roof; import "example.org/painter"`,
			},
			want: []string{
				"cellar/a.go:1: cellar may not import example.org/paint/red: that is for ground",
				"ground/a.go:1: ground may not import example.org/paint/lead/white: no package may",
			},
		},
		"Foreign": {
			reason: "testdata, hidden folders and other modules should be passed over",
			files: map[string]string{
				"cellar/testdata/a.go": `package a`,
				".cache/a.go":          `package a`,
				"_old/a.go":            `package a`,
				"barn/go.mod":          `module example.org/barn`,
				"barn/hay/a.go":        `package hay`,
			},
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for path, content := range tc.files {
				tree[path] = &fstest.MapFile{Data: []byte(content)}
			}

			got, err := house().Check(tree)
			if err != nil {
				t.Fatal(err)
			}

			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCheckUnreadable(t *testing.T) {
	tree := fstest.MapFS{"cellar/a.go": {Data: []byte("package")}}

	if got, err := house().Check(tree); err == nil {
		t.Errorf("a file that is not Go should be an error; got %q", got)
	}
}
