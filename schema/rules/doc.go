// Package rules says whether the documents of a repository are right and fit
// together: what CUE cannot say about one file, and what spans files.
//
// [Admit] is the only maker of a [Valid], and whoever holds a Valid may rely
// on it: every reference leads somewhere, every test resolves, every lease
// type has a quota. All problems are found at once, each with the file, line
// and column at which it is to be put right, in an order that depends on the
// input alone.
//
// The package never changes a document, and never looks at a cluster.
package rules
