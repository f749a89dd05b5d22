// Package dependents knows who depends on what: which tests on which steps,
// chains, phases, workflows, profiles, images and lease types. It is the one
// place that is asked who uses something, and what a change of it reaches.
//
// What can be depended on is a node; what kinds of nodes there are is the
// caller's business. A node consists of parts, other nodes, as a chain does of
// steps. A test names some nodes, and depends on these and on all that they
// consist of, however deep. That last relation is never written down: for
// OpenShift it is three million pairs. An [Index] holds what tests name (two
// hundred thousand pairs), what nodes consist of and, as people look at that all
// the time, how many tests and configurations depend on each node.
//
// # What a change costs
//
// An Index never changes. [Index.Next] gives the one after a change, which shares
// with it all that is the same. Nodes and configurations are numbered, so that
// lists of them are lists of small integers, and are kept in pages, of which only
// those are copied that something changes in. A configuration whose tests name
// other nodes is taken from the counts of what it depended on and added to those
// of what it depends on. A node that consists of other parts changes the counts of
// these parts alone, and of what is in them: they are counted again.
//
// From nothing the same is done, with everything as the change, so there is one
// way only; tests hold an index that came about by many changes against one that
// was made at once, and both against counting by hand.
package dependents
