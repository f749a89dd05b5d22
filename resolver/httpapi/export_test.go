package httpapi

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Paths are all that is served, but for pages.
func Paths() []string {
	paths := append(slices.Collect(maps.Keys((&server{}).endpoints())), slices.Collect(maps.Keys(plain(nil)))...)
	slices.Sort(paths)
	return paths
}

// StreamCache is the cache of ImageStreams over a clock of the test's.
type StreamCache struct{ cache *streamCache }

// NewStreamCache makes one.
func NewStreamCache(streams Streams, now func() time.Time) StreamCache {
	return StreamCache{newStreamCache(streams, now)}
}

// Get asks for a stream.
func (c StreamCache) Get(ctx context.Context, namespace, name string) (*Stream, error) {
	return c.cache.get(ctx, namespace, name)
}

// Len is how many are remembered.
func (c StreamCache) Len() int {
	c.cache.mu.Lock()
	defer c.cache.mu.Unlock()
	return len(c.cache.known)
}
