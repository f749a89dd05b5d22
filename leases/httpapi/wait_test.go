package httpapi_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
)

// TestLongPolling: a call that waits is answered when there is something, one
// whose time is over is told to come again, and one that hangs up takes nothing
// with it.
func TestLongPolling(t *testing.T) {
	t.Parallel()
	s := testleases.Start(t, &cluster, testleases.Options{Content: leases.Content{Resources: []leases.Resource{old("res", "t", "s", "holder")}}})
	acquire := func(owner, wait string) string {
		return s.URL + "/acquire?" + url.Values{"type": {"t"}, "state": {"s"}, "dest": {"d"}, "owner": {owner}, "request_id": {owner}, "wait": {wait}}.Encode()
	}
	want := answer{404, text, "Acquire failed: no available resource t, try again later.\n"}
	if got := ask(t, http.MethodPost, acquire("short", "10ms"), ""); got != want {
		t.Errorf("a wait that is too short: %+v", got)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, acquire("gone", "10m"), http.NoBody)
		if err == nil {
			_, err = http.DefaultClient.Do(request)
		}
		gone <- err
	}()
	answers := make(chan answer, 1)
	inLine := func(n int) func() bool {
		return func() bool {
			reports, err := s.Server.Report("t")
			return err == nil && len(reports) == 1 && reports[0].Line == n
		}
	}
	s.Until("two are in line", inLine(2))
	go func() { answers <- ask(t, http.MethodPost, acquire("patient", "100h"), "") }() // ten minutes, in truth
	s.Until("three are in line", inLine(3))
	hangUp()
	if err := <-gone; err == nil {
		t.Error("who hung up was answered")
	}
	if got := ask(t, http.MethodPost, s.URL+"/release?name=res&dest=s&owner=holder", ""); got.Status != http.StatusOK {
		t.Fatalf("release: %+v", got)
	}
	// Those before it are passed over, as they do not come again.
	if got := <-answers; got.Status != http.StatusOK || got.Body != `{"type":"t","name":"res","state":"d","owner":"patient","lastupdate":"TIME","userdata":{}}` {
		t.Errorf("who waits: %+v", got)
	}
	s.Until("it is stored", func() bool { return s.Resource("res").Owner == "patient" })
}
