// Package dispatch says which cluster each Prow job runs on.
//
// Its rules are a list: the first that has something to say about a job
// decides. In this order they are
//
//  1. where the job runs already
//  2. "vsphere" in its name
//  3. the label for a bastion
//  4. the label that names a cluster
//  5. labels for capabilities that not every cluster has
//  6. the label for virtual machines
//  7. the cloud that it tests
//  8. the label of jobs that build nothing
//  9. a group that lists the job
//  10. a group whose expression finds the job's file
//  11. the list of files of a cluster in the build farm
//  12. the default
//  13. all clusters, by their capacity
//
// # Two ways to choose
//
// Where a rule leaves several clusters, there are two ways to choose one. Both
// look at the name of the job's file and not at the job, so that jobs of one
// file stay together where they can: they start from the same images, which
// then are built once.
//
// Today's dispatcher takes the length of the file's name to count through the
// clusters, and for all other jobs relies on lists of files that a machine
// writes into its configuration: tens of thousands of lines that change as the
// load does. This package does the same for a configuration that has such
// lists or a default.
//
// A repository with neither, and even one with nothing but a clusters file,
// is balanced instead. Every cluster has as many tickets as its capacity, each
// file draws a number for every ticket, and the highest wins (this is weighted
// rendezvous hashing, in whole numbers). So each cluster gets its share, and
// nothing is written down. A job moves only if it must: another job, however
// it is called, moves none; a blocked cluster gives up its own jobs and no
// others; a cluster that is new or larger only takes jobs, and leaves the
// others where they were.
//
// # Blocked clusters
//
// A blocked cluster is never chosen, and jobs leave it that run there already
// or are listed by file. It still gets the jobs that a label or a group sends
// there by name, because whoever wrote that knows more than the dispatcher.
//
// # Where a job runs already
//
// Today's dispatcher leaves a job where it is, so that results depend on what
// was in the repository before. Of balanced jobs only those that people wrote
// stay where they are; a generated job says with a label that it must.
//
// The package never asks how busy a cluster is, or whether it is there at all:
// the same files always give the same clusters.
package dispatch
