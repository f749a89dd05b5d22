// Package gitobjects reads the objects of a Git repository on this machine by
// their ids: trees, blobs and commits, from packs and loose files, those that it
// borrows from other repositories included.
//
// A [Store] may be used by any number of goroutines at once, and sees what comes
// into the folder, such as the pack of a fetch, without being opened again. It
// keeps no index in memory, reads each object with a few calls to the kernel,
// and remembers a bounded amount of what others are stored as differences from.
//
// The formats are those of Git's gitformat-pack(5), version 2, and of
// gitrepository-layout(5), with SHA-1 ids.
//
// The package never writes, knows no branches, and trusts nothing that it reads:
// what is cut short, damaged or larger than asked for is an error.
package gitobjects
