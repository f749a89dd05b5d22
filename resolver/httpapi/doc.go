// Package httpapi answers running jobs: the configuration of a branch, with all
// its tests' steps spelled out, over HTTP as today's resolver does.
//
//	GET  /config                       org, repo, branch, variant
//	GET  /configWithInjectedTest       the same, and a test of another configuration
//	GET  /mergeConfigsWithInjectedTest several configurations as one, and a test
//	POST /resolve                      a configuration in the body
//	GET  /clusterProfile               name
//	GET  /configGeneration             a number that grows with each change
//	GET  /registryGeneration           the same for the step registry
//	GET  /integratedStream             namespace, name: an ImageStream's tags
//	GET  /openapi.json                 all of this, for tools
//	GET  /readyz, /healthz             probes
//	GET  /metrics                      for Prometheus
//
// HEAD is answered wherever GET is. Each request takes one [Snapshot] and uses it
// from start to end, so that an answer never mixes two revisions; which one it
// was is in the Drover-Revision header. Answers carry an ETag made of their
// content alone: it outlives revisions that do not change it.
//
// An error is one line of plain text. Requests are limited in the size of their
// body, query and parameters; time-outs are the server's. The package never
// reads a repository and never writes anything.
package httpapi
