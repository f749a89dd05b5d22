package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/httpapi"
)

// hash is what htpasswd makes of a password, as fast as it may be.
func hash(t *testing.T, password string) string {
	t.Helper()
	content, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func usersFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// as makes a POST as somebody: "name:password", "Bearer token" or nobody.
func as(t *testing.T, who, address string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if name, password, ok := strings.Cut(who, ":"); ok {
		request.SetBasicAuth(name, password)
	} else if who != "" {
		request.Header.Set("Authorization", who)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	if response.StatusCode == http.StatusUnauthorized && strings.HasPrefix(string(content), "who are you") && response.Header.Get("WWW-Authenticate") == "" {
		t.Error("the answer does not say how to authenticate")
	}
	return response.StatusCode, strings.TrimSpace(string(content))
}

// TestUsers: with users, nobody acts for an owner that is not theirs, and only
// an admin takes leases from others.
func TestUsers(t *testing.T) {
	t.Parallel()
	const unknown = "who are you? A user's name and password are needed, or a token"
	users, err := httpapi.LoadUsers(usersFile(t, fmt.Sprintf(`
users:
- {name: ci, password: %q, owners: ["ci-op-*"]}
- {name: me, password: %q}
- {name: reaper, token: %s, admin: true}
`, hash(t, "secret"), hash(t, "mine"), digest("the token"))))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		who, query string
		status     int
		body       string
	}{
		"nobody":                 {"", "/release?name=res&dest=free&owner=ci-op-1", 401, unknown},
		"nobody looks":           {"", "/acquire?type=t&state=s&dest=d&owner=o", 401, unknown},
		"wrong password":         {"ci:guess", "/release?name=res&dest=free&owner=ci-op-1", 401, unknown},
		"another's password":     {"me:secret", "/release?name=res&dest=free&owner=me", 401, unknown},
		"no such user":           {"you:secret", "/release?name=res&dest=free&owner=you", 401, unknown},
		"wrong token":            {"Bearer a token", "/release?name=res&dest=free&owner=ci-op-1", 401, unknown},
		"no password for token":  {"reaper:the token", "/release?name=res&dest=free&owner=reaper", 401, unknown},
		"other scheme":           {"Digest x", "/release?name=res&dest=free&owner=ci-op-1", 401, unknown},
		"its owner":              {"ci:secret", "/release?name=res&dest=free&owner=ci-op-1", 200, ""},
		"another owner":          {"ci:secret", "/release?name=res&dest=free&owner=me", 403, "user ci may not act for owner me"},
		"an owner with a slash":  {"ci:secret", "/release?name=res&dest=free&owner=ci-op-/x", 403, "user ci may not act for owner ci-op-/x"},
		"no owners: itself":      {"me:mine", "/release?name=res&dest=free&owner=me", 401, "Done failed: res - free (from me): owner mismatch request by me, currently owned by ci-op-1"},
		"no owners: another":     {"me:mine", "/release?name=res&dest=free&owner=ci-op-1", 403, "user me may not act for owner ci-op-1"},
		"acquire for another":    {"me:mine", "/acquire?type=t&state=s&dest=d&owner=ci-op-1", 403, "user me may not act for owner ci-op-1"},
		"by name for another":    {"me:mine", "/acquirebystate?state=s&dest=d&owner=ci-op-1&names=free", 403, "user me may not act for owner ci-op-1"},
		"heartbeat for another":  {"me:mine", "/update?name=res&state=s&owner=ci-op-1", 403, "user me may not act for owner ci-op-1"},
		"reset by a user":        {"ci:secret", "/reset?type=t&state=s&expire=1m&dest=free", 403, "user ci may not take leases from others"},
		"reset by an admin":      {"Bearer the token", "/reset?type=t&state=s&expire=1m&dest=free", 200, `{"res":"ci-op-1"}`},
		"an admin for an owner":  {"Bearer the token", "/release?name=res&dest=free&owner=ci-op-1", 200, ""},
		"what is wrong is first": {"", "/acquire?type=t&state=s&dest=d&owner=o%00", 400, "owner has characters that are no text"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testleases.Start(t, &cluster, testleases.Options{
				Users: users, Content: leases.Content{Resources: []leases.Resource{old("res", "t", "s", "ci-op-1"), old("free", "t", "s", "")}},
			})
			if status, body := as(t, tc.who, s.URL+tc.query); status != tc.status || body != tc.body {
				t.Errorf("got %d %q, want %d %q", status, body, tc.status, tc.body)
			}
		})
	}
}

// TestUsersChange: the file is read again while the server runs. One that is
// broken changes nothing.
func TestUsersChange(t *testing.T) {
	t.Parallel()
	file := usersFile(t, "users: [{name: a, token: "+digest("first")+"}]")
	users, err := httpapi.LoadUsers(file)
	if err != nil {
		t.Fatal(err)
	}
	s := testleases.Start(t, &cluster, testleases.Options{Users: users})
	query := s.URL + "/release?name=none&dest=free&owner=a"
	write := func(content string, later time.Duration) {
		t.Helper()
		at := time.Now().Add(later) // file systems tell times apart no finer than they like
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("users: [{name: a, token: x}]", time.Hour)
	if status, _ := as(t, "Bearer first", query); status != http.StatusNotFound {
		t.Errorf("the first token: %d", status)
	}
	write("users: [{name: a, token: "+digest("second")+"}]", 2*time.Hour)
	s.Until("the second token is known", func() bool {
		status, _ := as(t, "Bearer second", query)
		return status == http.StatusNotFound
	})
	if status, _ := as(t, "Bearer first", query); status != http.StatusUnauthorized {
		t.Errorf("the first token is still good: %d", status)
	}
}

func TestBadUsers(t *testing.T) {
	_, err := httpapi.LoadUsers(usersFile(t, `
users:
- {name: "a:b", password: plain}
- {name: c, token: 12}
- {name: c, token: `+digest("x")+`, owners: ["[", "ok-*"]}
- {name: d}
`))
	want := []string{
		`3:4: users[0].name: the name does not fit (found "a:b", want one without a colon) [wrong-value]`,
		"3:17: users[0].password: not a bcrypt hash (found other text, want what htpasswd -nB makes) [wrong-value]",
		"4:13: users[1].token: not a SHA-256 hash (found 2 characters, want 64 hexadecimal digits) [wrong-value]",
		`5:4: users[2].name: two users have this name (found "c" again, want another) [wrong-value]`,
		`5:95: users[2].owners[0]: not a pattern (found "[", want one such as ci-op-*) [wrong-value]`,
		"6:3: users[3]: the user cannot be told from others (found neither, want a password or a token) [wrong-value]",
	}
	if err == nil {
		t.Fatal("taken")
	}
	said := strings.Split(strings.TrimPrefix(err.Error(), "read the users: "), "\n")
	for i, line := range said {
		_, said[i], _ = strings.Cut(line, "users.yaml:")
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for content, want := range map[string]string{
		"users: []": "users: there are none", "users: [{nam: a}]": "users.yaml:1:10: users[0].nam: the field is not known", "a: [": "did not find",
		"users: [{name: secret, password: [plain]}]": "users[0].password: the value has the wrong type (found a list, want text)",
	} {
		if _, err := httpapi.LoadUsers(usersFile(t, content)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "plain") {
			t.Errorf("%s: got %v", content, err)
		}
	}
	if strings.Contains(fmt.Sprint(err), "plain") {
		t.Error("the message shows a password")
	}
}
