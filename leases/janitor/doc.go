// Package janitor makes dirty resources free again, by a cleaner that is
// configured for their type: a command, or a Job in the cluster. What cannot be
// cleaned after some tries goes into quarantine, where somebody has to look at
// it; a small type waits no longer than a large one, as each has workers of its
// own.
//
// It also finishes dynamic resources that are on their way out: what they were
// built of goes back as dirty, and they become tombstones, which the lease
// server deletes.
//
// While a resource is cleaned, the janitor holds it and gives signs of life. A
// janitor that ends half-way leaves it to the next, which starts again.
package janitor
