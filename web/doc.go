// Package web shows people what is in force: the state of things, the step
// registry, configurations and jobs, quotas, and what every field means.
//
// Every page is useful without JavaScript; with it, search answers as one types.
// Nothing is loaded from elsewhere, and the content security policy says so.
//
// A request takes one snapshot and shows that from start to end. What pages need
// besides it (who uses a step, what search finds) is made once for a snapshot,
// in the background, and from the last one's where a component has not changed.
//
// The package never writes anything: not to a repository, not to a cluster. It
// shows only what the release repository says, no secret's content.
package web
