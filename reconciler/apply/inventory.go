package apply

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// inventory is what is known about the objects we have in a cluster: what is good, that is, as the last revision that
// was applied to the end wants it, and, while a revision is being applied, what it sets out to do.
type inventory struct {
	// revision is the last good one; empty before the first.
	revision string
	good     map[Identity]entry
	// attempt is the revision that was begun and neither finished nor rolled back; empty if there is none.
	attempt string
	intents map[Identity]intent
}

// interrupted tells whether a revision was begun and neither finished nor rolled back.
func (i *inventory) interrupted() bool { return i.attempt != "" }

// size is how many objects we have, or may have.
func (i *inventory) size() int {
	n := len(i.good)
	for id := range i.intents {
		if _, ok := i.good[id]; !ok {
			n++
		}
	}
	return n
}

// definitions are the custom resource definitions that are good. What is not readable is none.
func (i *inventory) definitions() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for id, e := range i.good {
		if id.groupKind() != crdKind() {
			continue
		}
		crd := new(unstructured.Unstructured)
		if crd.UnmarshalJSON(e.body) == nil {
			all = append(all, crd)
		}
	}
	return all
}

// entry is an object that is as a good revision wants it.
type entry struct {
	Identity
	Version string `json:"version"`
	Source  string `json:"source,omitempty"`
	// Hash is that of the body.
	Hash string `json:"hash"`
	// ResourceVersion is the object's after our last write.
	ResourceVersion string `json:"resourceVersion"`
	// Kept says that no revision declares it any more, but that it is protected from deletion.
	Kept bool `json:"kept,omitempty"`
	// Borrowed says that we may not write the object, which says all that is declared without us.
	Borrowed bool `json:"borrowed,omitempty"`
	// body is what was sent; nil for an object that is known by its label alone.
	body []byte
	steering
}

func (e entry) header() ([]byte, error) { return json.Marshal(e) }

// intent is an object that a revision sets out to write or delete.
type intent struct {
	Identity
	Version string `json:"version"`
	// before is the object of somebody else's that was there; nil if there was none, or it was ours.
	before []byte
}

func (i intent) header() ([]byte, error) { return json.Marshal(i) }

// fits tells whether the entry already is what is declared.
func (e entry) fits(d declared) bool {
	return e.Hash == d.hash && e.Version == d.version && !e.Kept
}

func newEntry(d declared, resourceVersion string) entry {
	return entry{
		Identity: d.Identity, Version: d.version, Source: d.source, Hash: d.hash,
		ResourceVersion: resourceVersion, body: d.body, steering: d.steering,
	}
}
