package httpapi_test

import (
	"strings"
	"sync"
	"testing"
)

// While revisions change, every answer is of one of them, and says of which.
func TestOneSnapshotForARequest(t *testing.T) {
	server, source := serve(t)
	revisions := []snapshot{newSnapshot(t, "one", "one.sh"), newSnapshot(t, "two", "two.sh")}
	source.current.Store(&revisions[0])
	stop := make(chan struct{})
	var readers, writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				source.current.Store(&revisions[i%2])
			}
		}
	})
	for range 4 {
		readers.Go(func() { readConsistently(t, server) })
	}
	readers.Wait()
	close(stop)
	writer.Wait()
}

func readConsistently(t *testing.T, server server) {
	t.Helper()
	for range 50 {
		got := server.get("/config?" + glider)
		revision := got.header.Get("Drover-Revision")
		if !strings.Contains(got.text, revision+".sh") {
			t.Errorf("the answer of %s is without its script: %s", revision, got.text)
		}
	}
}
