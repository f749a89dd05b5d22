package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/drover-ci/drover/internal/memo"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/reconciler/metrics"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// followFlags say how a server follows a repository.
type followFlags struct {
	Branch         string        `placeholder:"B" help:"The branch to follow. Default: the one that HEAD names."`
	Interval       time.Duration `placeholder:"TIME" least:"1s" help:"How often to look for a new commit. Default: 1m for a remote repository, 5s for one on this machine, where most are seen at once."`            //nolint:lll // a tag stands on one line
	Credentials    string        `placeholder:"DIR" help:"A folder of files with what a remote repository asks for, as a mounted Secret is: username and password, bearerToken, or ssh-privatekey and known_hosts."` //nolint:lll // a tag stands on one line
	AllowedSigners string        `placeholder:"FILE" help:"Accept only revisions that are signed by an ssh key of this allowed_signers file."`
	NoCache        bool          `help:"Read everything again at the start, whatever an earlier run remembered."`
	OpenpgpKeys    string        `name:"openpgp-keys" placeholder:"FILE" help:"Accept only revisions that are signed by one of these OpenPGP keys, armored."`
}

// open opens a repository as the flags say.
func (f followFlags) open(ctx context.Context, repository, clone string) (*gitsource.Source, error) {
	options := gitsource.Options{Repository: repository, Branch: f.Branch, CloneDir: clone, Interval: f.Interval}
	if f.Credentials != "" {
		if !gitsource.IsRemote(repository) {
			return nil, fmt.Errorf("--credentials: nothing asks for them (found the repository %s, which is on this machine, want a URL)", repository)
		}
		options.Credentials = func(context.Context) (gitsource.Credentials, error) {
			return gitsource.CredentialsFromFolder(f.Credentials)
		}
	}
	var err error
	if options.Signers, err = f.signers(); err != nil {
		return nil, err
	}
	return gitsource.Open(ctx, options)
}

// memory is what an earlier run remembered of a repository; nil for nothing.
func (f followFlags) memory(repository string) *repolayout.Memory {
	if f.NoCache {
		return nil
	}
	return repolayout.OpenMemory(memo.UserStore(), placeOf(repository))
}

// signers reads who may sign; nil where anybody may commit.
func (f followFlags) signers() (*gitsource.Signers, error) {
	if f.AllowedSigners == "" && f.OpenpgpKeys == "" {
		return nil, nil //nolint:nilnil // nobody is asked for
	}
	var content [2][]byte
	for i, file := range []string{f.AllowedSigners, f.OpenpgpKeys} {
		if file == "" {
			continue
		}
		var err error
		if content[i], err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("read who may sign: %w", err)
		}
	}
	return gitsource.NewSigners(content[0], content[1])
}

// hookFlags say whether a server takes webhooks.
type hookFlags struct {
	WebhookSecret string `placeholder:"FILE" help:"Take webhooks at /webhook, from who knows the secret in this file: GitHub's, and POSTs with it as a bearer token."` //nolint:lll // a tag stands on one line
}

// hookPath is where webhooks are taken.
const hookPath = "/webhook"

// mount adds the webhook to what is served, if it is wanted.
func (f hookFlags) mount(mux *http.ServeMux, counted *metrics.Metrics, pushed func(gitsource.Push) int) {
	if f.WebhookSecret == "" {
		return
	}
	secret := func() ([]byte, error) {
		content, err := os.ReadFile(f.WebhookSecret)
		return bytes.TrimSpace(content), err
	}
	mux.Handle(hookPath, counted.Webhook(gitsource.NewWebhook(secret, pushed)))
}

// check says what is wrong with the secret, for which the webhook itself has
// only silence.
func (f hookFlags) check() error {
	if f.WebhookSecret == "" {
		return nil
	}
	content, err := os.ReadFile(f.WebhookSecret)
	if err != nil {
		return fmt.Errorf("read the webhook's secret: %w", err)
	}
	if n := len(bytes.TrimSpace(content)); n < gitsource.MinSecret {
		return fmt.Errorf("read the webhook's secret: %s has %d bytes, expected at least %d", f.WebhookSecret, n, gitsource.MinSecret)
	}
	return nil
}

// pokeOne has one source look when a push concerns it.
func pokeOne(source *gitsource.Source) func(gitsource.Push) int {
	return func(push gitsource.Push) int {
		if !push.Concerns(source.Repository(), source.Branch()) {
			return 0
		}
		source.Poke()
		return 1
	}
}
