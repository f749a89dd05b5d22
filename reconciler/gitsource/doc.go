// Package gitsource brings revisions of a Git repository.
//
// A [Source] is one branch of one repository: a checkout or bare repository on
// this machine, read where it is, or a remote one, kept as a bare clone in a
// folder of ours and fetched incrementally. Only commits count: what lies
// uncommitted in a checkout is never read. Several branches or repositories are
// several sources, each with a clone of its own.
//
// The package says what the branch's newest revision is, gives its files as a
// repolayout.Tree with Git's own content ids, and tells when a look is worth
// while: of a local repository at once, of a remote one at an interval, or when
// a [Webhook] says so. If [Signers] are given, a revision counts only with a
// signature of one of them.
//
// # The clone
//
// It is a cache: whatever is wrong with it is mended by making it anew, in
// another folder, which takes the old one's place only when it is whole. What a
// killed process left half-written is removed when the clone is opened. Many
// small packs become one, and a clone of which most is garbage is replaced, so
// that it stays in proportion to the repository.
//
// # What it never does
//
// It never decides what a revision means, and an unreachable, truncated or
// damaged repository is always an error, never an empty tree. It never shows a
// credential in an error or a log. It is the only user of go-git and fsnotify.
package gitsource
