package gitsource

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// Credentials is what a remote repository asks for. It never prints what it
// holds, however it is printed.
type Credentials struct {
	// Username and Password are for https.
	Username, Password string
	// Token is a bearer token, for https; it goes before a password.
	Token string
	// SSHKey is a private key as ssh-keygen writes it; Passphrase opens it.
	SSHKey     []byte
	Passphrase string
	// KnownHosts are the keys of ssh servers, as in ~/.ssh/known_hosts. They are
	// required with an SSHKey.
	KnownHosts []byte
	// CABundle are certificates, in PEM, that may vouch for an https server,
	// besides the system's.
	CABundle []byte
}

// CredentialsFromSecret takes credentials from the data of a Secret, whose keys
// are those of the types kubernetes.io/basic-auth and kubernetes.io/ssh-auth,
// and those that other GitOps tools use: username, password, bearerToken (or
// token), ssh-privatekey (or identity), passphrase, known_hosts, ca.crt.
// Without any of them there is an error, which names the keys and no value.
func CredentialsFromSecret(data map[string][]byte) (Credentials, error) {
	text := func(keys ...string) string {
		for _, key := range keys {
			if value, ok := data[key]; ok {
				return strings.TrimRight(string(value), "\r\n")
			}
		}
		return ""
	}
	c := Credentials{
		Username: text("username"), Password: text("password"), Token: text("bearerToken", "token"),
		Passphrase: text("passphrase"), CABundle: []byte(text("ca.crt")),
		SSHKey: []byte(text("ssh-privatekey", "identity")), KnownHosts: []byte(text("known_hosts")),
	}
	if len(c.SSHKey) > 0 {
		c.SSHKey = append(c.SSHKey, '\n') // its form ends with one
	}
	if c.Password == "" && c.Token == "" && len(c.SSHKey) == 0 && len(c.CABundle) == 0 && len(c.KnownHosts) == 0 {
		return Credentials{}, errors.New("the credentials have none of the keys " +
			"username, password, bearerToken, ssh-privatekey, passphrase, known_hosts, ca.crt")
	}
	return c, nil
}

// maxCredential bounds a file of credentials, in bytes.
const maxCredential = 1 << 20

// CredentialsFromFolder takes credentials from a folder of files, as a mounted
// Secret is; the files are named as in [CredentialsFromSecret].
func CredentialsFromFolder(dir string) (Credentials, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Credentials{}, fmt.Errorf("read credentials: %w", err)
	}
	data := map[string][]byte{}
	for _, entry := range entries {
		info, err := os.Stat(filepath.Join(dir, entry.Name())) // a mounted Secret is links
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxCredential {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return Credentials{}, fmt.Errorf("read credentials: %w", err)
		}
		data[entry.Name()] = content
	}
	found, err := CredentialsFromSecret(data)
	if err != nil {
		return Credentials{}, fmt.Errorf("read credentials from %s: %w", dir, err)
	}
	return found, nil
}

const redacted = "xxxxx"

// String implements fmt.Stringer. It says nothing.
func (Credentials) String() string { return redacted }

// GoString implements fmt.GoStringer. It says nothing.
func (Credentials) GoString() string { return redacted }

// MarshalJSON implements json.Marshaler. It says nothing.
func (Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue implements slog.LogValuer. It says nothing.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// Redact is a repository's name without the password that a URL may hold, nor a
// user name that may be a token.
func Redact(repository string) string {
	parsed, err := url.Parse(repository)
	if err != nil || parsed.User == nil {
		return repository
	}
	if parsed.Scheme == "ssh" {
		return parsed.Redacted()
	}
	parsed.User = url.User(redacted)
	return parsed.String()
}

// scrub takes secrets out of an error's text, wherever they may have got into
// it. What caused the error can still be told apart.
func (c Credentials) scrub(repository string, err error) error {
	secrets := []string{c.Password, c.Token, c.Passphrase}
	if parsed, parseErr := url.Parse(repository); parseErr == nil && parsed.User != nil && parsed.Scheme != "ssh" {
		password, _ := parsed.User.Password()
		secrets = append(secrets, password, parsed.User.Username(), parsed.User.String())
	}
	secrets = slices.DeleteFunc(secrets, func(secret string) bool { return len(secret) < 4 })
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	text := err.Error()
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, redacted)
		text = strings.ReplaceAll(text, url.QueryEscape(secret), redacted)
	}
	if text == err.Error() {
		return err
	}
	return &scrubbedError{text: text, cause: err}
}

// scrubbedError is an error whose text held a secret.
type scrubbedError struct {
	text  string
	cause error
}

// Error implements error.
func (e *scrubbedError) Error() string { return e.text }

// Is says whether the cause is an error, without giving it away.
func (e *scrubbedError) Is(target error) bool { return errors.Is(e.cause, target) }

// terms are the terms under which a remote repository is talked to.
type terms struct {
	auth     transport.AuthMethod
	caBundle []byte
	proxy    transport.ProxyOptions
	end      func()
}

// terms finds what a repository's protocol takes of the credentials. Files that
// are needed for a moment are made beside the path that is given.
func (c Credentials) terms(ctx context.Context, repository, beside string) (terms, error) {
	endpoint, err := transport.NewEndpoint(repository)
	if err != nil {
		return terms{}, errors.New("the URL cannot be read")
	}
	switch endpoint.Protocol {
	case "ssh":
		return c.sshTerms(ctx, endpoint, beside)
	case "http", "https":
		return c.httpTerms(endpoint)
	default:
		return terms{}, fmt.Errorf("the protocol %s is not spoken; use https or ssh", endpoint.Protocol)
	}
}

func (c Credentials) httpTerms(endpoint *transport.Endpoint) (terms, error) {
	t := terms{caBundle: c.CABundle, end: func() {}}
	if len(c.CABundle) > 0 && !x509.NewCertPool().AppendCertsFromPEM(c.CABundle) {
		return terms{}, errors.New("ca.crt holds no certificate in PEM")
	}
	switch {
	case c.Token != "":
		t.auth = &githttp.TokenAuth{Token: c.Token}
	case c.Password != "":
		t.auth = &githttp.BasicAuth{Username: c.Username, Password: c.Password}
	case endpoint.Password == "" && endpoint.User == "":
		return t, nil
	}
	if endpoint.Protocol == "http" && !isLoopback(endpoint.Host) {
		return terms{}, errors.New("credentials are not sent over http, which anybody can read; use https")
	}
	return t, nil
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "::1" || host == "[::1]" || strings.HasPrefix(host, "127.")
}
