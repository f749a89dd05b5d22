// Package integration holds tests of the whole program: drover as users run
// it, against real Git repositories and a real API server.
package integration
