package migrate

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// RuleByHand is the rule of files that have an older form and cannot be
// rewritten.
const RuleByHand = "migrate-by-hand"

// Result is what became of a file.
type Result struct {
	// Content is the file in today's form.
	Content []byte
	// Changes are what was rewritten, as the problems that [schema.Decode] found.
	Changes []schema.Problem
}

var errNotBlock = errors.New("its fields are not on a line each")

// Config rewrites a configuration. Files are the .config.prowgen files that have
// a say in it, that of its repository first. The problems are why it cannot be
// rewritten; other mistakes in the file stay as they are.
func Config(file string, data []byte, files ...*schema.ProwgenFile) (Result, []schema.Problem) {
	var before schema.Config
	problems := schema.Decode(file, data, &before)
	if refused := unreadable(problems); len(refused) > 0 {
		return Result{}, refused
	}
	change := schema.ChangeByProwgen(&before, files...)
	return run(file, data, problems, func(d *document) error {
		if err := d.config(); err != nil {
			return err
		}
		return d.prowgen(change)
	}, func(content []byte) bool {
		var after schema.Config
		left := schema.Decode(file, content, &after)
		return !slices.ContainsFunc(left, isOlder) && reflect.DeepEqual(change.Apply(&before), &after)
	})
}

// ClusterProfiles rewrites the cluster profiles. The problems are why they
// cannot be rewritten.
func ClusterProfiles(file string, data []byte) (Result, []schema.Problem) {
	var before schema.ClusterProfilesFile
	problems := schema.Decode(file, data, &before)
	if refused := unreadable(problems); len(refused) > 0 {
		return Result{}, refused
	}
	return run(file, data, problems, (*document).clusterProfiles, func(content []byte) bool {
		var after schema.ClusterProfilesFile
		left := schema.Decode(file, content, &after)
		return !slices.ContainsFunc(left, isOlder) && reflect.DeepEqual(before, after)
	})
}

// run edits a file, and gives the result if it says the same.
func run(file string, data []byte, problems []schema.Problem, edit func(*document) error, same func([]byte) bool) (Result, []schema.Problem) {
	changes := slices.DeleteFunc(slices.Clone(problems), func(p schema.Problem) bool { return !isOlder(p) })
	d, err := parse(data)
	if err == nil {
		err = edit(d)
	}
	switch {
	case err != nil:
		return Result{}, []schema.Problem{byHand(file, changes, err.Error())}
	case !same(d.bytes()):
		return Result{}, []schema.Problem{byHand(file, changes, "what was rewritten would not say the same")}
	}
	return Result{Content: d.bytes(), Changes: changes}, nil
}

// byHand is the problem of a file that only a person can rewrite, at its first
// older form.
func byHand(file string, changes []schema.Problem, why string) schema.Problem {
	problem := schema.Problem{
		File: file, Line: 1, Column: 1, Rule: RuleByHand, Severity: schema.Error,
	}
	by := "the options of .config.prowgen belong into it"
	if len(changes) > 0 {
		by = strings.TrimSuffix(changes[0].Message, "; drover migrate rewrites it")
		problem.Line, problem.Column, problem.Path = changes[0].Line, changes[0].Column, changes[0].Path
	}
	problem.Message = "drover migrate cannot rewrite the file: " + why + "; rewrite it by hand: " + by
	return problem
}

func isOlder(p schema.Problem) bool { return p.Rule == schema.RuleDeprecated }

// unreadable are the problems for which a file is not touched: those of YAML,
// and a field that stands there twice.
func unreadable(problems []schema.Problem) []schema.Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p schema.Problem) bool {
		switch p.Rule {
		case schema.RuleSyntax, schema.RuleTooLarge, schema.RuleAliases, schema.RuleDuplicateField:
			return false
		}
		return true
	})
}
