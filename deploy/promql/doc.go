// Package promql has no code but tests: they hold the alerts and the dashboard
// in deploy/components/monitoring against Prometheus's own parser, and the names
// in them against docs/metrics.md, which a test of cmd/drover holds against the
// program.
package promql
