// Package metrics counts what the reconciler does, for Prometheus.
//
// All names begin with drover_, and say their unit; docs/metrics.md lists them.
// What belongs to a repository carries its name as the label "repository", and
// goes when the repository does. There is no label whose values come from the
// outside without bound.
//
// The package only counts: it never decides anything, and never keeps anybody
// waiting.
package metrics
