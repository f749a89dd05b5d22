// Package testcluster gives tests a real Kubernetes API server: localcluster, started once for the tests of a package
// and stopped with them.
//
//	var cluster testcluster.Shared
//
//	func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }
//
//	func TestSomething(t *testing.T) {
//		config := cluster.Config(t)
//		...
//	}
//
// The server starts with the first test that asks for it, so that a run of tests that need none costs nothing. Tests
// share it: each keeps to a namespace of its own, see [Shared.Namespace].
//
// The program is the one that the environment variable DROVER_LOCALCLUSTER names, else bin/localcluster in the root of
// the module (`make test` builds it there). Where it is absent, tests that need it are skipped, with that reason.
//
// This package never builds or downloads the program, and never leaves one behind: it ends with its standard input,
// however the test process ends.
package testcluster
