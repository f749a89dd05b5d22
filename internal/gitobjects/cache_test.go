package gitobjects

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(100)
		has := func(offset int64) bool { _, _, ok := c.get(place{offset: offset}); return ok }
		for offset := range int64(6) {
			c.put(place{offset: offset}, Blob, make([]byte, 25))
			has(0) // so that it is used last
		}
		c.put(place{offset: 6}, Blob, make([]byte, 26)) // would take the place of many
		if !has(0) || has(1) || has(2) || !has(3) || !has(5) || has(6) || c.size != 100 {
			t.Errorf("%d bytes: %v", c.size, c.known)
		}
		<-time.After(restsAfter - time.Second)
		c.put(place{offset: 7}, Blob, make([]byte, 1))
		<-time.After(restsAfter - time.Second)
		if !has(7) {
			t.Error("forgotten while in use")
		}
		<-time.After(2 * time.Second)
		if has(7) || c.size != 0 || c.order.Len() != 0 {
			t.Error("nothing is forgotten")
		}
	})
}
