// Package scaffold makes the first files of a component repository, and of a
// whole release repository, from a few answers. It knows nothing of what is
// there already and writes nothing.
package scaffold
