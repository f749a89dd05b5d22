// Package prow lets Prow itself judge the jobs that Drover generates: its own
// configuration loader reads them, strictly, and must find nothing wrong.
//
// It is a module of its own, because Prow's loader is built on a thousand
// packages that no program of ours should need.
package prow
