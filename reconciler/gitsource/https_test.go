package gitsource_test

import (
	"crypto/rand"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// TestAnHTTPSServerIsBelievedByItsCertificate has a certificate that the system
// does not know, and one that the credentials do.
func TestAnHTTPSServerIsBelievedByItsCertificate(t *testing.T) {
	repository := testgit.New(t)
	want := repository.Commit("a.txt", "1")
	server := httptest.NewTLSServer(gitHTTP(t, filepath.Dir(repository.Dir)))
	t.Cleanup(server.Close)
	known := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, tc := range map[string]struct {
		credentials gitsource.Credentials
		want        string
	}{
		"known":        {gitsource.Credentials{CABundle: known}, ""},
		"unknown":      {gitsource.Credentials{}, "certificate signed by unknown authority"},
		"no CA at all": {gitsource.Credentials{CABundle: []byte("secret nonsense")}, "ca.crt"},
	} {
		source, err := gitsource.Open(t.Context(), gitsource.Options{
			Repository: server.URL + "/" + filepath.Base(repository.Dir) + "/.git", CloneDir: filepath.Join(t.TempDir(), "clone"),
			Credentials: with(tc.credentials),
		})
		switch {
		case tc.want != "":
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: got %v, want %q", name, err, tc.want)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case fetch(t, source).Hash != want:
			t.Errorf("%s: got another commit than %s", name, want)
		}
	}
}

// TestARedirectTakesNoCredentialsElsewhere: who answers for the repository may
// send us on, but not with the credentials that are for it.
func TestARedirectTakesNoCredentialsElsewhere(t *testing.T) {
	const secret = "hunter2-and-more"
	repository := testgit.New(t)
	repository.Commit("a.txt", "1")
	behind := gitHTTP(t, filepath.Dir(repository.Dir))
	var mu sync.Mutex
	var seen []string
	elsewhere := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Header.Get("Authorization"))
		mu.Unlock()
		behind.ServeHTTP(w, r)
	}))
	url := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(elsewhere, "127.0.0.1", "localhost", 1)+r.URL.RequestURI(), http.StatusFound)
	})) + "/" + filepath.Base(repository.Dir) + "/.git"
	for name, credentials := range map[string]gitsource.Credentials{
		"basic": {Username: "robot", Password: secret}, "bearer": {Token: secret},
	} {
		_, err := gitsource.Open(t.Context(), gitsource.Options{
			Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone"), Credentials: with(credentials),
		})
		mu.Lock()
		if err != nil || len(seen) == 0 || strings.Join(seen, "") != "" {
			t.Errorf("%s: %v; elsewhere got %q", name, err, seen)
		}
		seen = nil
		mu.Unlock()
	}
}

// TestAFetchBringsWhatIsNew counts what the server sends: all once, and then what
// changed.
func TestAFetchBringsWhatIsNew(t *testing.T) {
	for name, depth := range map[string]int{"all history": 0, "shallow": 1} {
		t.Run(name, func(t *testing.T) {
			repository := testgit.New(t)
			var big strings.Builder
			for big.Len() < 300_000 {
				big.WriteString(rand.Text())
			}
			repository.Commit("big.txt", big.String())
			var sent atomic.Int64
			behind := gitHTTP(t, filepath.Dir(repository.Dir))
			url := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				behind.ServeHTTP(counting{w, &sent}, r)
			})) + "/" + filepath.Base(repository.Dir) + "/.git"
			source := open(t, gitsource.Options{Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone"), Depth: depth})
			if first := sent.Swap(0); first < 150_000 {
				t.Errorf("a clone took %d bytes", first)
			}
			repository.Git("checkout", "--quiet", "-b", "side")
			repository.Commit("side.txt", "1")
			repository.Git("checkout", "--quiet", "main")
			for i, change := range []func() string{
				func() string { return repository.Commit("a.txt", "1") },
				func() string { return repository.Commit("big.txt", big.String()+"and a little more") },
				func() string {
					repository.Git("merge", "--quiet", "--no-ff", "side")
					return repository.Git("rev-parse", "HEAD")
				},
				func() string { return repository.Commit("big.txt", big.String()) },
				func() string { return repository.Commit("a.txt", "2") },
			} {
				want := change()
				got := fetch(t, source)
				if got.Hash != want {
					t.Errorf("got %s, want %s", got.Hash, want)
				}
				for _, path := range []string{"a.txt", "big.txt"} {
					if content, err := treeOf(t, source, got).ReadFile(path); err != nil || string(content) != repository.Read(path) {
						t.Errorf("change %d: %s: got %d bytes, %v", i, path, len(content), err)
					}
				}
				bound := int64(10_000)
				if depth == 0 && (i == 1 || i == 3) {
					bound = 250_000 // a file that changed comes whole
				}
				if more := sent.Swap(0); more > bound {
					t.Errorf("change %d took %d bytes", i, more)
				}
			}
		})
	}
}

// counting counts what is sent.
type counting struct {
	http.ResponseWriter

	sent *atomic.Int64
}

// Write implements io.Writer.
func (c counting) Write(b []byte) (int, error) {
	c.sent.Add(int64(len(b)))
	return c.ResponseWriter.Write(b)
}
