package gitsource_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// TestAWholeFetchSaysWhy has a server that breaks off thin packs: revisions come
// all the same, and the reason is logged once, without the password.
func TestAWholeFetchSaysWhy(t *testing.T) {
	repository := testgit.New(t)
	repository.Commit("a.txt", "0")
	front := &front{behind: gitHTTP(t, filepath.Dir(repository.Dir))}
	url := strings.Replace(listen(t, front), "http://", "http://robot:hunter2@", 1) + "/" + filepath.Base(repository.Dir) + "/.git"
	var log bytes.Buffer
	source := open(t, gitsource.Options{
		Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone"), Depth: 1, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	thin, lines := 0, 0
	spoil := func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err == nil && bytes.Contains(asked, []byte("thin-pack")) {
			thin++
			http.Error(w, "no such pack", http.StatusNotImplemented)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(asked))
		front.behind.ServeHTTP(w, r)
	}
	for i, spoilt := range []bool{false, true, true, false, true} {
		front.set(nil)
		if spoilt {
			front.set(spoil)
		}
		want := repository.Commit("a.txt", strings.Repeat("more\n", i+1))
		if got := fetch(t, source); got.Hash != want {
			t.Fatalf("got %s, want %s", got.Hash, want)
		}
		if spoilt && (i == 1 || i == 4) {
			lines++
		}
		if got := strings.Count(log.String(), "fetched all of a revision"); got != lines {
			t.Errorf("after fetch %d: %d lines, want %d:\n%s", i, got, lines, log.String())
		}
	}
	if thin != 3 || !strings.Contains(log.String(), "501") || strings.Contains(log.String(), "hunter2") {
		t.Errorf("%d thin packs were asked for; the log:\n%s", thin, log.String())
	}
}
