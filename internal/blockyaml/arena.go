package blockyaml

import "go.yaml.in/yaml/v3"

// Arena is the memory of one document's nodes. Each document takes over that
// of the one before, so that reading thousands of files makes no garbage. It
// is for one goroutine at a time.
type Arena struct {
	chunks [][]yaml.Node
	// chunk and used say which node is the next.
	chunk, used int

	// links are the contents of collections, each collection's in one piece.
	links []*yaml.Node
	// open are the nodes of collections that have not ended yet.
	open []*yaml.Node
}

// chunkSize is how many nodes are allocated at once.
const chunkSize = 512

// maxChunks bounds what an arena keeps for the next document: about 6 MB.
const maxChunks = 64

func (a *Arena) reset() {
	for i, chunk := range a.chunks {
		switch {
		case i < a.chunk:
			clear(chunk)
		case i == a.chunk:
			clear(chunk[:a.used])
		}
	}
	a.chunks = a.chunks[:min(len(a.chunks), maxChunks)]
	a.chunk, a.used, a.links, a.open = 0, 0, a.links[:0], a.open[:0]
}

func (a *Arena) node() *yaml.Node {
	if a.used == chunkSize {
		a.chunk, a.used = a.chunk+1, 0
	}
	if a.chunk == len(a.chunks) {
		a.chunks = append(a.chunks, make([]yaml.Node, chunkSize))
	}
	a.used++
	return &a.chunks[a.chunk][a.used-1]
}

// content gives the nodes opened since, and closes them.
func (a *Arena) content(since int) []*yaml.Node {
	count := len(a.open) - since
	if cap(a.links)-len(a.links) < count {
		a.links = make([]*yaml.Node, 0, max(2*chunkSize, count))
	}
	start := len(a.links)
	a.links = append(a.links, a.open[since:]...)
	a.open = a.open[:since]
	return a.links[start:len(a.links):len(a.links)]
}
