package rules

import (
	"fmt"
	"strconv"

	"github.com/drover-ci/drover/schema"
)

// collector collects the problems of one file.
type collector struct {
	file     string
	problems []schema.Problem
}

// reportf adds a problem of a field.
func (c *collector) reportf(field, rule, format string, args ...any) {
	c.problems = append(c.problems, problem(c.file, field, rule, fmt.Sprintf(format, args...)))
}

// alsof adds a problem in which other places take part. They are named in its
// message too.
func (c *collector) alsof(others []schema.Place, field, rule, format string, args ...any) {
	c.reportf(field, rule, format, args...)
	c.problems[len(c.problems)-1].Related = others
}

// problem is one that has no position yet.
func problem(file, field, rule, message string) schema.Problem {
	return schema.Problem{File: file, Path: field, Rule: rule, Severity: severity(rule), Message: message}
}

// place is one that has no position yet.
func place(file, field string) schema.Place { return schema.Place{File: file, Path: field} }

// key is a field of a mapping whose names people choose.
func key(field, name string) string {
	if schema.NeedsQuotes(name) {
		return field + "[" + strconv.Quote(name) + "]"
	}
	return field + "." + name
}

// item is an item of a list.
func item(field string, index int) string { return field + "[" + strconv.Itoa(index) + "]" }

func countTrue(conditions ...bool) int {
	count := 0
	for _, condition := range conditions {
		if condition {
			count++
		}
	}
	return count
}
