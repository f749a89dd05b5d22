// Package render puts the generators together: from a valid repository it
// makes every object that a cluster is to hold.
//
// Jobs are made one component at a time, and a component whose
// configurations are those of the last rendering is taken from it, compressed
// as it is. The result is what rendering from nothing gives.
package render
