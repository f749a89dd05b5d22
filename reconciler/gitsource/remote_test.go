package gitsource_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// gitHTTP is Git's own HTTP server over a folder of repositories.
func gitHTTP(t *testing.T, root string) http.Handler {
	t.Helper()
	backend, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	return &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(backend)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"},
	}
}

func listen(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// serve runs the server over a folder.
func serve(t *testing.T, root string) string {
	t.Helper()
	return listen(t, gitHTTP(t, root))
}

// remote is a repository and where it is served.
func remote(t *testing.T) (*testgit.Repository, string) {
	t.Helper()
	repository := testgit.New(t)
	return repository, serve(t, filepath.Dir(repository.Dir)) + "/" + filepath.Base(repository.Dir) + "/.git"
}

func with(credentials gitsource.Credentials) func(context.Context) (gitsource.Credentials, error) {
	return func(context.Context) (gitsource.Credentials, error) { return credentials, nil }
}

func TestFetchFollowsARemoteBranch(t *testing.T) {
	for name, depth := range map[string]int{"all history": 0, "shallow": 1} {
		t.Run(name, func(t *testing.T) {
			repository, url := remote(t)
			repository.Commit("b.txt", "0")
			first := repository.Commit("a.txt", "1")
			options := gitsource.Options{Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone"), Depth: depth}
			source := open(t, options)
			if got := fetch(t, source); got.Hash != first {
				t.Fatalf("got %s, want %s", got.Hash, first)
			}
			for i := range 5 {
				want := repository.Commit("a.txt", fmt.Sprint("more", i))
				if got := fetch(t, source); got.Hash != want {
					t.Errorf("got %s, want %s", got.Hash, want)
				}
			}
			repository.Git("reset", "--quiet", "--hard", first)
			forced := repository.Commit("a.txt", "forced")
			if got := fetch(t, source); got.Hash != forced {
				t.Errorf("got %s after a forced push, want %s", got.Hash, forced)
			}
			again := fetch(t, open(t, options))
			if again.Hash != forced {
				t.Errorf("got %s from the clone opened again, want %s", again.Hash, forced)
			}
			content, err := treeOf(t, source, again).ReadFile("a.txt")
			if err != nil || string(content) != "forced" {
				t.Errorf("got %q, %v", content, err)
			}
			if _, err := treeOf(t, source, again).ReadFile("b.txt"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnotherRevisionIsFetchedWhenItIsAskedFor(t *testing.T) {
	repository, url := remote(t)
	repository.Git("config", "uploadpack.allowAnySHA1InWant", "true")
	first := repository.Commit("a.txt", "1")
	repository.Commit("a.txt", "2")
	repository.Commit("a.txt", "3")
	source := open(t, gitsource.Options{Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone"), Depth: 1})
	if _, err := source.Resolve(first); err == nil {
		t.Fatal("the clone is not shallow")
	}
	revision, err := source.Find(t.Context(), first)
	if err != nil || revision.Hash != first {
		t.Fatalf("got %+v, %v", revision, err)
	}
	if content, err := treeOf(t, source, revision).ReadFile("a.txt"); err != nil || string(content) != "1" {
		t.Errorf("got %q, %v", content, err)
	}
	if got, err := source.Find(t.Context(), strings.Repeat("ab", 20)); err == nil {
		t.Errorf("a revision that is nowhere gave %+v", got)
	}
}

// TestNothingIsNeverReadAsNothingDesired: whatever is wrong with a repository is
// an error, and what was fetched before is still there.
func TestNothingIsNeverReadAsNothingDesired(t *testing.T) {
	cases := map[string]struct {
		spoil func(t *testing.T, repository *testgit.Repository, front *front)
		want  string
	}{
		"unreachable": {func(_ *testing.T, _ *testgit.Repository, front *front) {
			front.set(func(w http.ResponseWriter, _ *http.Request) {
				connection, _, err := http.NewResponseController(w).Hijack()
				if err == nil {
					_ = connection.Close()
				}
			})
		}, "EOF"},
		"gone": {func(t *testing.T, repository *testgit.Repository, _ *front) {
			t.Helper()
			if err := os.RemoveAll(repository.Dir); err != nil {
				t.Fatal(err)
			}
		}, "repository not found"},
		"empty": {func(_ *testing.T, repository *testgit.Repository, _ *front) {
			repository.Git("update-ref", "-d", "refs/heads/main")
		}, "the repository is empty"},
		"branch gone": {func(_ *testing.T, repository *testgit.Repository, _ *front) {
			repository.Git("branch", "-m", "main", "other")
		}, "it has no branch main"},
		"objects missing": {func(t *testing.T, repository *testgit.Repository, _ *front) {
			t.Helper()
			repository.Commit("a.txt", "next")
			blob := repository.Git("rev-parse", "HEAD:a.txt")
			if err := os.Remove(filepath.Join(repository.Dir, ".git", "objects", blob[:2], blob[2:])); err != nil {
				t.Fatal(err)
			}
		}, "fetch"},
		"cut off": {func(_ *testing.T, repository *testgit.Repository, front *front) {
			repository.Commit("big.txt", strings.Repeat("random "+rand.Text(), 4000))
			front.cutPacks()
		}, "fetch"},
		"no Git at all": {func(_ *testing.T, _ *testgit.Repository, front *front) {
			front.set(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>maintenance</html>") })
		}, "fetch"},
		"an error": {func(_ *testing.T, _ *testgit.Repository, front *front) {
			front.set(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusServiceUnavailable) })
		}, "503"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			repository := testgit.New(t)
			good := repository.Commit("a.txt", "good")
			front := &front{behind: gitHTTP(t, filepath.Dir(repository.Dir))}
			url := listen(t, front) + "/" + filepath.Base(repository.Dir) + "/.git"
			options := gitsource.Options{Repository: url, Branch: "main", CloneDir: filepath.Join(t.TempDir(), "clone")}
			source := open(t, options)
			fetch(t, source)
			tc.spoil(t, repository, front)
			for range 2 { // the second time is no better
				got, err := source.Fetch(t.Context())
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Fatalf("got %+v, %v, want an error with %q", got, err, tc.want)
				}
			}
			revision, err := open(t, options).Resolve(good)
			if err != nil {
				t.Fatal(err)
			}
			if content, err := treeOf(t, source, revision).ReadFile("a.txt"); err != nil || string(content) != "good" {
				t.Errorf("what was fetched before: got %q, %v", content, err)
			}
		})
	}
}

// front stands before a server and can spoil its answers.
type front struct {
	mu     sync.Mutex
	behind http.Handler
	spoil  http.HandlerFunc
}

func (f *front) set(spoil http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spoil = spoil
}

// cutPacks has packs end early.
func (f *front) cutPacks() {
	f.set(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "git-upload-pack") {
			f.behind.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		f.behind.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
	})
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	spoil := f.spoil
	f.mu.Unlock()
	if spoil != nil {
		spoil(w, r)
		return
	}
	f.behind.ServeHTTP(w, r)
}

func TestCredentialsOverHTTP(t *testing.T) {
	const secret = "hunter2-and-more"
	repository := testgit.New(t)
	want := repository.Commit("a.txt", "1")
	behind := gitHTTP(t, filepath.Dir(repository.Dir))
	url := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, basic := r.BasicAuth()
		if r.Header.Get("Authorization") == "Bearer "+secret || basic && user == "robot" && password == secret {
			behind.ServeHTTP(w, r)
			return
		}
		http.Error(w, "who are you?", http.StatusUnauthorized)
	})) + "/" + filepath.Base(repository.Dir) + "/.git"
	inURL := strings.Replace(url, "http://", "http://robot:"+secret+"@", 1)
	wrongInURL := strings.Replace(url, "http://", "http://robot:"+secret+"-wrong@", 1)
	cases := map[string]struct {
		url         string
		credentials gitsource.Credentials
		refused     bool
	}{
		"basic":            {url, gitsource.Credentials{Username: "robot", Password: secret}, false},
		"bearer":           {url, gitsource.Credentials{Token: secret}, false},
		"in the URL":       {inURL, gitsource.Credentials{}, false},
		"none":             {url, gitsource.Credentials{}, true},
		"wrong":            {url, gitsource.Credentials{Username: "robot", Password: secret + "-wrong"}, true},
		"wrong in the URL": {wrongInURL, gitsource.Credentials{}, true},
	}
	for name, tc := range cases {
		dir := filepath.Join(t.TempDir(), "clone")
		source, err := gitsource.Open(t.Context(), gitsource.Options{Repository: tc.url, CloneDir: dir, Credentials: with(tc.credentials)})
		if tc.refused {
			if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "authentication required") {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fetch(t, source); got.Hash != want || strings.Contains(source.Repository(), secret) {
			t.Errorf("%s: got %s of %s", name, got.Hash, source.Repository())
		}
		if found := grep(t, dir, secret); found != "" {
			t.Errorf("%s: the clone holds the secret, in %s", name, found)
		}
	}
}

func TestCredentialsAreNotSentInTheClear(t *testing.T) {
	for _, options := range []gitsource.Options{
		{Repository: "http://git.example.com/r.git", Credentials: with(gitsource.Credentials{Token: "a secret token"})},
		{Repository: "http://robot:a-secret@git.example.com/r.git"},
	} {
		options.CloneDir = filepath.Join(t.TempDir(), "clone")
		_, err := gitsource.Open(t.Context(), options)
		if err == nil || !strings.Contains(err.Error(), "use https") || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	}
}

// grep gives a file below a folder that holds a text.
func grep(t *testing.T, dir, text string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			found = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCredentialsPrintNothing(t *testing.T) {
	credentials, err := gitsource.CredentialsFromSecret(map[string][]byte{
		"username": []byte("robot"), "password": []byte("hunter2\n"), "bearerToken": []byte("hunter3"),
		"ssh-privatekey": []byte("hunter4"), "known_hosts": []byte("hunter5"),
	})
	if err != nil || credentials.Password != "hunter2" || string(credentials.SSHKey) != "hunter4\n" {
		t.Fatalf("got %v", err)
	}
	for _, printed := range []string{credentials.String(), fmt.Sprintf("%v %+v %#v %s", credentials, credentials, credentials, credentials)} {
		if strings.Contains(printed, "hunter") || strings.Contains(printed, "robot") {
			t.Errorf("printed %s", printed)
		}
	}
	if _, err := gitsource.CredentialsFromSecret(map[string][]byte{"pasword": []byte("hunter2")}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a misspelt key: got %v", err)
	}
	for _, url := range []string{"https://robot:hunter2@example.com/r.git", "https://hunter2@example.com/r.git"} {
		if got := gitsource.Redact(url); got != "https://xxxxx@example.com/r.git" {
			t.Errorf("got %s", got)
		}
	}
}

func TestCredentialsFromFolder(t *testing.T) {
	dir := t.TempDir()
	if _, err := gitsource.CredentialsFromFolder(dir); err == nil || !strings.Contains(err.Error(), "bearerToken") {
		t.Errorf("an empty folder: got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bearerToken"), []byte("token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := gitsource.CredentialsFromFolder(dir); err != nil || got.Token != "token" {
		t.Errorf("got %v", err)
	}
}
