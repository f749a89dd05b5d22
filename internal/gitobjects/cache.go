package gitobjects

import (
	"container/list"
	"sync"
	"time"
)

// place is where in a pack an object is.
type place struct {
	pack   *pack
	offset int64
}

// cache remembers objects that others may be stored as differences from, those
// that were used last. A repository is read in bursts: between them, the cache is
// empty.
type cache struct {
	limit int
	rest  *time.Timer // until it forgets

	mu    sync.Mutex
	known map[place]*list.Element
	order list.List // of *remembered, the last used first
	size  int
}

type remembered struct {
	place   place
	kind    Type
	content []byte
}

// restsAfter is how long nothing is put into a cache until it forgets.
const restsAfter = 2 * time.Second

func newCache(limit int) *cache {
	c := &cache{limit: limit, known: map[place]*list.Element{}}
	c.rest = time.AfterFunc(restsAfter, c.forget)
	return c
}

func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = map[place]*list.Element{}
	c.order.Init()
	c.size = 0
}

func (c *cache) get(at place) (Type, []byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.known[at]
	if element == nil {
		return 0, nil, false
	}
	c.order.MoveToFront(element)
	found, _ := element.Value.(*remembered)
	return found.kind, found.content, true
}

// put remembers an object, unless it would take the place of many.
func (c *cache) put(at place, kind Type, content []byte) {
	if len(content) > c.limit/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[at] != nil {
		return
	}
	c.rest.Reset(restsAfter)
	c.known[at] = c.order.PushFront(&remembered{at, kind, content})
	c.size += len(content)
	for c.size > c.limit {
		last, _ := c.order.Remove(c.order.Back()).(*remembered)
		delete(c.known, last.place)
		c.size -= len(last.content)
	}
}
