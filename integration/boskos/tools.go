// Package boskos runs Boskos's own client library, command line and reaper, unmodified, against our lease server on a
// real API server.
package boskos
