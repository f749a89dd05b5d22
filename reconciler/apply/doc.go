// Package apply makes a cluster hold exactly the objects that a revision declares: all of them, or, if anything stands in
// the way, those of the last good revision. It is the only writer to clusters.
//
// A [Target] is one cluster. [Target.Apply] brings a revision into it, in six steps:
//
//  1. declare, observe, plan: the revision's objects are compared with the inventory and with what the cluster has.
//     What is as it was left, by hash of what was sent and by resourceVersion, needs no call.
//  2. guard: an empty revision, too many deletions, and the deletion of what holds others are stopped.
//  3. judge: the server says, in a dry run, what it would do with each object that changes, but for new ConfigMaps that it
//     cannot but accept (foresee). One refusal refuses the revision, and nothing is written; what can be judged only once
//     its namespace or definition is there is judged then, and a refusal takes these back.
//  4. begin: the inventory says ahead what is going to be written, and what was there of other people's.
//  5. execute: waves of writes, then deletions, each call repeated while what fails it may pass. What fails for good is
//     rolled back.
//  6. commit: the inventory says what is there now.
//
// [Target.Recover] takes back what a process that was killed has left, and [Target.Watch] puts right what others do to
// the objects, moments after they did.
//
// # The inventory
//
// It lives in the cluster, so that it cannot be separated from what it is about: in ConfigMaps in one namespace. One,
// the root, names the last good revision and the parts that describe it; it changes in a single write, and that write is
// the commit. The parts hold, compressed, every object as it was sent, with its hash and the resourceVersion it had then.
// So a process that was started a moment ago can roll back, put right and compare, without a repository.
//
// # What it never does
//
// It never deletes what it has not made or taken over, nor what no longer carries its label. It never touches a field
// that the revision does not set. It never decides by a cache that might be stale what to delete: each Apply asks the
// server what is there. It never reads a repository, and never keeps on writing against somebody who writes against it.
package apply
