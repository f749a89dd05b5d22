package gitsource_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/reconciler/gitsource"
)

const hookSecret = "a secret of some length"

func hmacOf(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

const githubBody = `{"ref": "refs/heads/main", "repository": {"full_name": "acme/release",
	"clone_url": "https://github.com/acme/release.git", "ssh_url": "git@github.com:acme/release.git"}}`

func TestWebhook(t *testing.T) {
	pushed := &gitsource.Push{
		Repositories: []string{"https://github.com/acme/release.git", "git@github.com:acme/release.git", "", ""}, Branch: "main",
	}
	signature := map[string]string{"X-Hub-Signature-256": hmacOf(hookSecret, githubBody), "X-GitHub-Event": "push"}
	form := url.Values{"payload": {githubBody}}.Encode()
	bearer := map[string]string{"Authorization": "Bearer " + hookSecret}
	cases := map[string]struct {
		method string
		body   string
		header map[string]string
		status int
		want   *gitsource.Push
	}{
		"push":             {"POST", githubBody, signature, 202, pushed},
		"push in a form":   {"POST", form, map[string]string{"X-Hub-Signature-256": hmacOf(hookSecret, form), "X-GitHub-Event": "push", "Content-Type": "application/x-www-form-urlencoded"}, 202, pushed},
		"ping":             {"POST", "{}", map[string]string{"X-Hub-Signature-256": hmacOf(hookSecret, "{}"), "X-GitHub-Event": "ping"}, 200, nil},
		"another event":    {"POST", "{}", map[string]string{"X-Hub-Signature-256": hmacOf(hookSecret, "{}"), "X-GitHub-Event": "issues"}, 200, nil},
		"a tag":            {"POST", `{"ref":"refs/tags/v1"}`, map[string]string{"X-Hub-Signature-256": hmacOf(hookSecret, `{"ref":"refs/tags/v1"}`), "X-GitHub-Event": "push"}, 200, nil},
		"deleted":          {"POST", `{"ref":"refs/heads/main","deleted":true}`, map[string]string{"X-Hub-Signature-256": hmacOf(hookSecret, `{"ref":"refs/heads/main","deleted":true}`), "X-GitHub-Event": "push"}, 200, nil},
		"not JSON":         {"POST", "x", map[string]string{"X-Hub-Signature-256": hmacOf(hookSecret, "x"), "X-GitHub-Event": "push"}, 400, nil},
		"no repository":    {"POST", `{"ref":"refs/heads/main"}`, map[string]string{"X-Hub-Signature-256": hmacOf(hookSecret, `{"ref":"refs/heads/main"}`), "X-GitHub-Event": "push"}, 400, nil},
		"wrong signature":  {"POST", githubBody, map[string]string{"X-Hub-Signature-256": hmacOf("another secret, as long", githubBody), "X-GitHub-Event": "push"}, 401, nil},
		"of another body":  {"POST", githubBody + " ", signature, 401, nil},
		"not hexadecimal":  {"POST", githubBody, map[string]string{"X-Hub-Signature-256": "sha256=zz"}, 401, nil},
		"no signature":     {"POST", githubBody, map[string]string{"X-GitHub-Event": "push"}, 401, nil},
		"old signature":    {"POST", githubBody, map[string]string{"X-Hub-Signature": "sha1=00", "X-GitHub-Event": "push"}, 401, nil},
		"both, one wrong":  {"POST", githubBody, map[string]string{"X-Hub-Signature-256": "sha256=00", "Authorization": "Bearer " + hookSecret}, 401, nil},
		"generic":          {"POST", "", bearer, 202, &gitsource.Push{}},
		"generic, one":     {"POST", `{"repository": "https://git.example.com/release", "branch": "main"}`, bearer, 202, &gitsource.Push{Repositories: []string{"https://git.example.com/release"}, Branch: "main"}},
		"generic, no JSON": {"POST", "x", bearer, 400, nil},
		"wrong token":      {"POST", "", map[string]string{"Authorization": "Bearer wrong"}, 401, nil},
		"another scheme":   {"POST", "", map[string]string{"Authorization": "Basic " + hookSecret}, 401, nil},
		"nothing":          {"POST", "", nil, 401, nil},
		"GET":              {"GET", "", bearer, 405, nil},
		"too large":        {"POST", strings.Repeat("x", 6<<20), bearer, 413, nil},
	}
	for name, tc := range cases {
		var got *gitsource.Push
		hook := gitsource.NewWebhook(func() ([]byte, error) { return []byte(hookSecret), nil }, func(push gitsource.Push) int {
			got = &push
			return 1
		})
		request := httptest.NewRequest(tc.method, "/hook", strings.NewReader(tc.body))
		for key, value := range tc.header {
			request.Header.Set(key, value)
		}
		answer := httptest.NewRecorder()
		hook.ServeHTTP(answer, request)
		if answer.Code != tc.status {
			t.Errorf("%s: got %d %s, want %d", name, answer.Code, answer.Body, tc.status)
		}
		if answer.Code == http.StatusUnauthorized && answer.Body.String() != "unauthorized\n" {
			t.Errorf("%s: the answer says more than that: %s", name, answer.Body)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAWebhookWithoutASecretIsNobodys(t *testing.T) {
	for name, secret := range map[string]func() ([]byte, error){
		"unreadable": func() ([]byte, error) { return nil, errors.New("no such file") },
		"empty":      func() ([]byte, error) { return nil, nil },
		"short":      func() ([]byte, error) { return []byte("short"), nil },
	} {
		hook := gitsource.NewWebhook(secret, func(gitsource.Push) int { t.Error("enqueued"); return 0 })
		for _, token := range []string{"", "short"} {
			request := httptest.NewRequest(http.MethodPost, "/hook", http.NoBody)
			request.Header.Set("Authorization", "Bearer "+token)
			answer := httptest.NewRecorder()
			hook.ServeHTTP(answer, request)
			if answer.Code != http.StatusUnauthorized {
				t.Errorf("%s: got %d", name, answer.Code)
			}
		}
	}
}

func TestPushConcerns(t *testing.T) {
	push := gitsource.Push{Repositories: []string{"https://github.com/Acme/release.git", "git@github.com:acme/release.git"}, Branch: "main"}
	for repository, want := range map[string]bool{
		"https://github.com/acme/release":               true,
		"https://robot:token@github.com/acme/release/":  true,
		"ssh://git@github.com/acme/release.git":         true,
		"git@github.com:acme/release":                   true,
		"https://github.com/acme/release-2.git":         false,
		"https://evil.example.com/github.com/a/release": false,
		"/srv/release": false,
	} {
		if got := push.Concerns(repository, "main"); got != want {
			t.Errorf("%s: got %v", repository, got)
		}
	}
	if push.Concerns("https://github.com/acme/release", "next") {
		t.Error("another branch is concerned")
	}
	if !(gitsource.Push{}).Concerns("/srv/release", "next") {
		t.Error("a push of anything does not concern something")
	}
}

// TestAWebhookIsFasterThanTheInterval: a push that the webhook tells of is seen
// long before the interval is over.
func TestAWebhookIsFasterThanTheInterval(t *testing.T) {
	repository, remoteURL := remote(t)
	repository.Commit("a.txt", "1")
	source := open(t, gitsource.Options{Repository: remoteURL, CloneDir: t.TempDir() + "/clone", Interval: 24 * 60 * safety})
	fetch(t, source)
	seen := make(chan gitsource.Revision, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- source.Watch(t.Context(), func() {
			if revision, err := source.Fetch(t.Context()); err == nil {
				seen <- revision
			}
		})
	}()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	hook := httptest.NewServer(gitsource.NewWebhook(func() ([]byte, error) { return []byte(hookSecret), nil }, func(push gitsource.Push) int {
		if push.Concerns(source.Repository(), source.Branch()) {
			source.Poke()
		}
		return 1
	}))
	t.Cleanup(hook.Close)
	want := repository.Commit("a.txt", "2")
	request, err := http.NewRequest(http.MethodPost, hook.URL, strings.NewReader(`{"branch": "main"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+hookSecret)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	if revision := <-seen; revision.Hash != want {
		t.Errorf("got %s, want %s", revision.Hash, want)
	}
}
