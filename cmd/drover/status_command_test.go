package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// asked writes a kubeconfig for an API server whose answers a handler gives.
func asked(t *testing.T, answer http.HandlerFunc) (kubeconfig string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("clusters: [{name: c, cluster: {server: %q}}]\ncontexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n", server.URL)
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return kubeconfig
}

// TestAClusterThatNeverAnswersIsGivenUp has a server that takes requests, and
// that is all.
func TestAClusterThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	kubeconfig := asked(t, func(http.ResponseWriter, *http.Request) { <-over })
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"status", "--kubeconfig", kubeconfig}, &stdout, &stderr)
	close(over)
	if text := stderr.String(); code != exitFailed || !strings.HasPrefix(text, "drover: read ConfigRepo drover-system/release: ") {
		t.Errorf("exit %d: %s", code, text)
	}
}

// TestWatchingOutlastsAnOutage has the API server away while a status is watched.
func TestWatchingOutlastsAnOutage(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var reads atomic.Int32
	kubeconfig := asked(t, func(w http.ResponseWriter, _ *http.Request) {
		revision := "1111111111"
		switch reads.Add(1) {
		case 1:
		case 2, 3:
			http.Error(w, "away", http.StatusForbidden)
			return
		case 4:
			revision = "2222222222"
		default:
			interrupt()
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"apiVersion": "drover.dev/v1alpha1", "kind": "ConfigRepo", "metadata": {"name": "release", "namespace": "drover-system"},
			"spec": {"url": "r"}, "status": {"appliedRevision": %q, "observedRevision": %q}}`, revision, revision)
	})
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"status", "--watch", "--kubeconfig", kubeconfig}, &stdout, &stderr)
	const want = "repository   r\nin force     1111111111, the newest\n\nrepository   r\nin force     2222222222, the newest\n"
	if code != exitFine || stdout.String() != want || strings.Count(stderr.String(), "drover: read ConfigRepo") != 1 {
		t.Errorf("exit %d:\n%s%s", code, stdout.String(), stderr.String())
	}
}
