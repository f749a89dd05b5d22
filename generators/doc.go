// Package generators holds what every generator gives: files for the
// repository, and objects for clusters.
//
// A generator is a pure function of a valid repository. It never reads a file,
// a clock or a cluster, and gives its results sorted, so that the same
// revision always gives the same bytes. Each lives in a package of its own
// below this one.
package generators
