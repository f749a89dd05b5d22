// Package store keeps what is leased in a Kubernetes API server, as Boskos
// does: resources and the life cycles of dynamic types are objects of
// boskos.k8s.io/v1, so that a cluster in which Boskos ran is taken over as it
// is. What Boskos does not store stands in annotations (since when and for which
// request a resource is held) and in ConfigMaps (who waits in line).
//
// Every write is on the condition that the object still has the version that the
// writer saw, and says exactly what became of it, even where the answer was
// lost on the way. The package decides nothing.
package store
