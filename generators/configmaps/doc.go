// Package configmaps turns files into ConfigMaps: those that the settings
// publish, and the Prow jobs, which are too many for one object.
//
// A ConfigMap holds at most 1 MiB, so the jobs are compressed and split into
// parts by the hash of their names. A part that grows too large is halved, and
// no other part changes: a change of one job file touches one object.
//
// The package never decides which files are published, and never reads one
// that it was not given.
package configmaps
