// Package gitsource brings revisions of a Git repository.
//
// A [Source] is one branch of one repository: a checkout or bare repository on
// this machine, read where it is, or a remote one, kept as a bare clone in a
// folder of ours and fetched incrementally. Only commits count: what lies
// uncommitted in a checkout is never read.
//
// The package says what the branch's newest revision is, gives its files as a
// repolayout.Tree with Git's own content ids, and tells when a look is worth
// while. It never decides what a revision means, and an unreachable or damaged
// repository is always an error, never an empty tree. It is the only user of
// go-git and fsnotify.
package gitsource
