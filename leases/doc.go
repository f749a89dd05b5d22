// Package leases hands out leases as Boskos does, fairly and without losing
// any.
//
// A [Pool] holds everything that the lease server knows: the resources, who
// holds them, the lines of those who wait, and what the configuration wants. It
// is a state machine. Calls (acquire, release, heartbeat, a new configuration,
// something seen in the cluster) change it at once and put [Write]s into its
// outbox; whoever runs the pool carries them out, each on the condition that
// the object is still of the version that the pool knows, and reports back with
// [Pool.Complete]. Only then is a caller answered. So what was answered is
// stored, and whatever happens between two steps (a crash, another server, an
// edit by hand) makes a write fail instead of giving one resource to two.
//
// The rules:
//
//   - Each type and state has one line, first come, first served, whether or
//     not a request has an id. A free resource is given, or kept for a moment,
//     to the first in line who is still there. See [Pool.Acquire]. One that is
//     given back passes on to the first in line by the same write.
//   - A request id names one request. Asked again within a minute, it gets the
//     resource that it was given already, so that an answer that was lost on
//     the way loses no lease.
//   - A lease is never taken away by a new configuration. What is no longer
//     wanted goes when its holder gives it back, and until then counts against
//     what the type may have in use. See [Pool.Configure].
//   - Several resources by name are taken together or not at all, even if the
//     server ends half-way. See [Pool.AcquireByState].
//
// The package never reads a clock, never sleeps, starts no goroutine and meets
// no network, so that the same calls always have the same outcome. It is not
// safe for concurrent use. leases/server runs it, leases/store carries out its
// writes.
package leases
