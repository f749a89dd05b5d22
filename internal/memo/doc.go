// Package memo remembers between runs what follows from content alone: the
// verdict on a repository, for instance.
//
// A [Store] is a folder of files, one for each key, and the key says all that
// a value follows from, [Program] included. Nothing is ever true only because
// it is in the store: a file that is missing, cut short, changed or of another
// version is as if it had never been written, and a value that cannot be kept
// is only computed again. Any number of processes may use one folder.
//
// The package knows nothing of what it keeps.
package memo
