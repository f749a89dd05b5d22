// Package server runs a [leases.Pool] on what a store holds: it lets one call
// at a time change the pool, carries out its writes, passes on what is seen in
// the cluster, and lets callers wait.
//
// One server serves at a time; see [Elect]. One that should not serve any more
// but does not know it yet does no harm: its writes fail, because the other's
// have changed the versions of what it knows.
package server
