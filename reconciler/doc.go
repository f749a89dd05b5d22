// Package reconciler keeps a cluster and the served snapshot exactly at the
// newest good revision of a release repository.
//
// The loop is five calls: Fetch, Load, Validate, Generate, Apply. A commit
// only says "look"; each pass reads the branch anew, so that of several
// commits the last counts and none is worked through needlessly. Whatever is
// invalid, incomplete or refused changes nothing: the last good revision stays
// in force and the reason is reported.
//
// The package never talks to Git or to a cluster itself; it is given a
// [Source], a [Target] and a [Reporter].
package reconciler
