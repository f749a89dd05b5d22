package gitsource

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Push is what a webhook says: something was pushed. It is a reason to look, and
// never believed further than that.
type Push struct {
	// Repositories are the names that the sender has for the repository, URLs
	// among them. Empty means any.
	Repositories []string
	// Branch is which one moved; empty means any.
	Branch string
}

// Concerns says whether a push may have moved a branch of a repository. URLs of
// one repository are alike whatever their protocol, user and ending.
func (p Push) Concerns(repository, branch string) bool {
	if p.Branch != "" && branch != "" && p.Branch != branch {
		return false
	}
	if len(p.Repositories) == 0 {
		return true
	}
	want := plainName(repository)
	for _, name := range p.Repositories {
		if name != "" && plainName(name) == want {
			return true
		}
	}
	return false
}

// plainName is host/path of a URL, without what does not tell repositories
// apart.
func plainName(repository string) string {
	name := repository
	if parsed, err := url.Parse(repository); err == nil && parsed.Host != "" {
		name = parsed.Hostname() + parsed.Path
	} else if before, path, ok := strings.Cut(repository, ":"); ok && !strings.HasPrefix(repository, "/") {
		_, host, found := strings.Cut(before, "@")
		if !found {
			host = before
		}
		name = host + "/" + strings.TrimPrefix(path, "/")
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimRight(name, "/"), ".git"))
}

// Webhook is the endpoint that a forge calls after a push. It takes
//
//   - pushes of GitHub, and of what speaks as it does, signed with the secret
//     (X-Hub-Signature-256),
//   - from anything else, a POST with the secret as a bearer token; its body is
//     empty or {"repository": URL, "branch": NAME}, either of which may be left
//     out.
//
// It answers at once, before anything is fetched. Whoever does not know the
// secret gets 401 and no reason.
type Webhook struct {
	secret func() ([]byte, error)
	pushed func(Push) int
}

// maxHook bounds the body of a webhook, in bytes. GitHub's is 25 MB at most; a
// push of hundreds of commits has less than one.
const maxHook = 5 << 20

// MinSecret is how long a webhook's secret must be at least, in bytes.
const MinSecret = 16

// NewWebhook gives the endpoint. The secret is read for each call, so that it
// can be renewed; pushed enqueues, returns at once and says how many sources are
// going to look.
func NewWebhook(secret func() ([]byte, error), pushed func(Push) int) *Webhook {
	return &Webhook{secret: secret, pushed: pushed}
}

// ServeHTTP implements http.Handler.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "a webhook is a POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "the body was not received", http.StatusBadRequest)
		return
	}
	if !h.authentic(r, body) {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	h.answer(w, r, body)
}

// answer enqueues what an authentic request says.
func (h *Webhook) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	var push Push
	var err error
	switch event := r.Header.Get("X-Github-Event"); event {
	case "ping":
		_, _ = fmt.Fprintln(w, "pong")
		return
	case "push":
		push, err = githubPush(r, body)
	case "":
		push, err = plainPush(body)
	default:
		_, _ = fmt.Fprintln(w, "ignored: only pushes count")
		return
	}
	switch {
	case errors.Is(err, errNoBranch):
		_, _ = fmt.Fprintln(w, "ignored: no branch moved")
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		looking := h.pushed(push)
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, "repositories to look at: %d\n", looking)
	}
}

// authentic says whether the sender knows the secret. A secret that cannot be
// read or is too short is nobody's.
func (h *Webhook) authentic(r *http.Request, body []byte) bool {
	secret, err := h.secret()
	if err != nil || len(secret) < MinSecret {
		return false
	}
	if signature := r.Header.Get("X-Hub-Signature-256"); signature != "" {
		sent, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		return err == nil && hmac.Equal(sent, mac.Sum(nil))
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	// Sums are of one length whatever was sent, so that nothing can be told from time.
	sent, want := sha256.Sum256([]byte(token)), sha256.Sum256(secret)
	return ok && subtle.ConstantTimeCompare(sent[:], want[:]) == 1
}

// errNoBranch says that a push moved no branch: a tag, or a branch that was
// deleted.
var errNoBranch = errors.New("no branch moved")

// githubPush reads what GitHub sends, as JSON or as JSON in a form.
func githubPush(r *http.Request, body []byte) (Push, error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return Push{}, errors.New("the form cannot be read")
		}
		body = []byte(form.Get("payload"))
	}
	var event struct {
		Ref        string `json:"ref"`
		Deleted    bool   `json:"deleted"`
		Repository struct {
			CloneURL string `json:"clone_url"`
			SSHURL   string `json:"ssh_url"`
			HTMLURL  string `json:"html_url"`
			GitURL   string `json:"git_url"`
		} `json:"repository"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return Push{}, errors.New("the body is not the JSON of a push")
	}
	branch, ok := strings.CutPrefix(event.Ref, "refs/heads/")
	if !ok || event.Deleted {
		return Push{}, errNoBranch
	}
	names := event.Repository
	if names.CloneURL+names.SSHURL+names.HTMLURL+names.GitURL == "" {
		return Push{}, errors.New("the body names no repository")
	}
	return Push{Repositories: []string{names.CloneURL, names.SSHURL, names.HTMLURL, names.GitURL}, Branch: branch}, nil
}

// plainPush reads what anything else sends.
func plainPush(body []byte) (Push, error) {
	var event struct {
		Repository string `json:"repository"`
		Branch     string `json:"branch"`
	}
	if strings.TrimSpace(string(body)) != "" {
		if err := json.Unmarshal(body, &event); err != nil {
			return Push{}, errors.New(`the body is not {"repository": URL, "branch": NAME}`)
		}
	}
	push := Push{Branch: strings.TrimPrefix(event.Branch, "refs/heads/")}
	if event.Repository != "" {
		push.Repositories = []string{event.Repository}
	}
	return push, nil
}
