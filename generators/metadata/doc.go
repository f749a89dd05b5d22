// Package metadata makes the files that say who owns each component of the step
// registry: A-B-ref.metadata.json beside A-B-ref.yaml, from the OWNERS file in
// the same folder.
//
// It looks no one up: aliases stay aliases, and owners of folders further up
// are not added.
package metadata
