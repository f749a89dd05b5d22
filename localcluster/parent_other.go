//go:build !linux

package main

// awaitParent cannot tell here; the end of standard input has to do.
func awaitParent() bool {
	return false
}
