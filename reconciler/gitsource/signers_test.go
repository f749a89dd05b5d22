package gitsource_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"golang.org/x/crypto/ssh"

	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// signed makes a commit that carries a signature of what sign is given, as Git
// itself would: the payload is the commit, the signature is a header of it.
func signed(t *testing.T, repository *testgit.Repository, content string, sign func(payload []byte) string) string {
	t.Helper()
	plain := repository.Commit("a.txt", content)
	payload := repository.Git("cat-file", "commit", plain) + "\n"
	headers, message, _ := strings.Cut(payload, "\n\n")
	signature := strings.ReplaceAll(strings.TrimSpace(sign([]byte(payload))), "\n", "\n ")
	file := filepath.Join(t.TempDir(), "commit")
	if err := os.WriteFile(file, []byte(headers+"\ngpgsig "+signature+"\n\n"+message), 0o600); err != nil {
		t.Fatal(err)
	}
	hash := repository.Git("hash-object", "-t", "commit", "-w", file)
	repository.Git("reset", "--quiet", "--hard", hash)
	return hash
}

// sshSign signs as ssh-keygen -Y sign does.
func sshSign(t *testing.T, signer ssh.Signer, namespace, algorithm string) func([]byte) string {
	t.Helper()
	return func(payload []byte) string {
		hash := sha512.Sum512(payload)
		message := append([]byte("SSHSIG"), ssh.Marshal(struct{ Namespace, Reserved, HashAlgorithm, Hash string }{
			namespace, "", "sha512", string(hash[:]),
		})...)
		able, ok := signer.(ssh.AlgorithmSigner)
		if !ok {
			t.Fatalf("%T chooses the algorithm itself", signer)
		}
		signature, err := able.SignWithAlgorithm(rand.Reader, message, algorithm)
		if err != nil {
			t.Fatal(err)
		}
		blob := append([]byte("SSHSIG"), ssh.Marshal(struct {
			Version                                                      uint32
			PublicKey, Namespace, Reserved, HashAlgorithm, SignatureBlob string
		}{1, string(signer.PublicKey().Marshal()), namespace, "", "sha512", string(ssh.Marshal(signature))})...)
		return "-----BEGIN SSH SIGNATURE-----\n" + base64.StdEncoding.EncodeToString(blob) + "\n-----END SSH SIGNATURE-----"
	}
}

func signerOf(t *testing.T, key crypto.Signer) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// rsaKey is made once: that takes a while.
func rsaKey(t *testing.T) ssh.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signerOf(t, key)
}

func ecdsaKey(t *testing.T) ssh.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signerOf(t, key)
}

func line(principals, options string, key ssh.PublicKey) string {
	return principals + " " + options + " " + string(ssh.MarshalAuthorizedKey(key))
}

func TestSSHSigners(t *testing.T) {
	alice, _ := newKey(t)
	mallory, _ := newKey(t)
	authority, _ := newKey(t)
	bob, carol := rsaKey(t), ecdsaKey(t)
	certified := certificate(t, alice, authority, "alice@example.com", time.Now().Add(time.Hour))
	ended := certificate(t, alice, authority, "alice@example.com", time.Now().Add(-time.Hour))
	const a = "alice@example.com"
	cases := map[string]struct {
		allowed string
		sign    func([]byte) string
		want    string // the signer, or after "!" a part of the error
	}{
		"ed25519":            {line(a, "", alice.PublicKey()), sshSign(t, alice, "git", ssh.KeyAlgoED25519), a},
		"rsa":                {line("bob", "", bob.PublicKey()), sshSign(t, bob, "git", ssh.KeyAlgoRSASHA512), "bob"},
		"rsa with sha-1":     {line("bob", "", bob.PublicKey()), sshSign(t, bob, "git", ssh.KeyAlgoRSA), "!SHA-1"},
		"ecdsa":              {line("carol", "", carol.PublicKey()), sshSign(t, carol, "git", ssh.KeyAlgoECDSA256), "carol"},
		"one of several":     {line("bob", "", bob.PublicKey()) + "# comment\n\n" + line(a, "", alice.PublicKey()), sshSign(t, alice, "git", ssh.KeyAlgoED25519), a},
		"for git":            {line(a, `namespaces="file,git"`, alice.PublicKey()), sshSign(t, alice, "git", ssh.KeyAlgoED25519), a},
		"not for git":        {line(a, `namespaces="file"`, alice.PublicKey()), sshSign(t, alice, "git", ssh.KeyAlgoED25519), "!namespace git"},
		"made for a file":    {line(a, "", alice.PublicKey()), sshSign(t, alice, "file", ssh.KeyAlgoED25519), `!namespace "file"`},
		"not allowed":        {line(a, "", alice.PublicKey()), sshSign(t, mallory, "git", ssh.KeyAlgoED25519), "!is not allowed"},
		"valid":              {line(a, `valid-after="20200101",valid-before="20990101Z"`, alice.PublicKey()), sshSign(t, alice, "git", ssh.KeyAlgoED25519), a},
		"not valid any more": {line(a, `valid-before="20200101Z"`, alice.PublicKey()), sshSign(t, alice, "git", ssh.KeyAlgoED25519), "!was not valid"},
		"not valid yet":      {line(a, `valid-after="20990101"`, alice.PublicKey()), sshSign(t, alice, "git", ssh.KeyAlgoED25519), "!was not valid"},
		"of another commit": {line(a, "", alice.PublicKey()), func([]byte) string {
			return sshSign(t, alice, "git", ssh.KeyAlgoED25519)([]byte("something else"))
		}, "!does not hold"},
		"certificate":               {line("*@example.com", "cert-authority", authority.PublicKey()), sshSign(t, certified, "git", ssh.KeyAlgoED25519), a},
		"certificate of another":    {line("*@example.org", "cert-authority", authority.PublicKey()), sshSign(t, certified, "git", ssh.KeyAlgoED25519), "!whom no line allows"},
		"certificate that ended":    {line("*", "cert-authority", authority.PublicKey()), sshSign(t, ended, "git", ssh.KeyAlgoED25519), "!does not hold"},
		"authority signs commits":   {line("*", "cert-authority", alice.PublicKey()), sshSign(t, alice, "git", ssh.KeyAlgoED25519), "!is not allowed"},
		"certificate, no authority": {line("*", "", authority.PublicKey()), sshSign(t, certified, "git", ssh.KeyAlgoED25519), "!is not allowed"},
		"nonsense":                  {line(a, "", alice.PublicKey()), func([]byte) string { return "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----" }, "!cannot be read"},
		"cut off":                   {line(a, "", alice.PublicKey()), func([]byte) string { return "-----BEGIN SSH SIGNATURE-----\nU1NI" }, "!cannot be read"},
		"twice": {line(a, "", alice.PublicKey()), func(p []byte) string {
			return sshSign(t, mallory, "git", ssh.KeyAlgoED25519)(p) + "\n" + sshSign(t, alice, "git", ssh.KeyAlgoED25519)(p)
		}, "!more than one"},
		"another kind": {line(a, "", alice.PublicKey()), func([]byte) string { return "-----BEGIN SIGNED MESSAGE-----\nx\n-----END SIGNED MESSAGE-----" }, "!neither of ssh nor of OpenPGP"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			signers, err := gitsource.NewSigners([]byte(tc.allowed), nil)
			if err != nil {
				t.Fatal(err)
			}
			repository := testgit.New(t)
			hash := signed(t, repository, name, tc.sign)
			vouched(t, repository, signers, hash, tc.want)
		})
	}
}

// vouched holds what a fetch says of a signature against what it should.
func vouched(t *testing.T, repository *testgit.Repository, signers *gitsource.Signers, hash, want string) {
	t.Helper()
	source := open(t, gitsource.Options{Repository: repository.Dir, Signers: signers})
	revision, err := source.Fetch(t.Context())
	reason, refused := strings.CutPrefix(want, "!")
	if !refused {
		if err != nil || revision.Signer != want || revision.Hash != hash {
			t.Errorf("got %+v, %v, want signer %q", revision, err, want)
		}
		return
	}
	unsigned, ok := errors.AsType[*gitsource.UnsignedError](err)
	if !ok || unsigned.Revision.Hash != hash || !strings.Contains(err.Error(), reason) {
		t.Errorf("got %+v, %v, want %q", revision, err, reason)
	}
}

func certificate(t *testing.T, key, authority ssh.Signer, principal string, until time.Time) ssh.Signer {
	t.Helper()
	certificate := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.UserCert, ValidPrincipals: []string{principal}, KeyId: principal,
		ValidAfter: uint64(until.Add(-24 * time.Hour).Unix()), ValidBefore: uint64(until.Unix()),
	}
	if err := certificate.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	able, ok := key.(ssh.AlgorithmSigner)
	if !ok {
		t.Fatalf("%T chooses the algorithm itself", key)
	}
	return certSigner{signer, able}
}

// certSigner presents a certificate and signs with its key.
type certSigner struct {
	ssh.Signer
	key ssh.AlgorithmSigner
}

func (s certSigner) SignWithAlgorithm(random io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	return s.key.SignWithAlgorithm(random, data, algorithm)
}

func TestOpenPGPSigners(t *testing.T) {
	alice, mallory := entity(t, "Alice"), entity(t, "Mallory")
	signers, err := gitsource.NewSigners(nil, []byte(publicKey(t, entity(t, "Bob"))+"\n"+publicKey(t, alice)))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(signer *openpgp.Entity, change string) func([]byte) string {
		return func(payload []byte) string {
			var signature bytes.Buffer
			if err := openpgp.ArmoredDetachSign(&signature, signer, strings.NewReader(string(payload)+change), nil); err != nil {
				t.Fatal(err)
			}
			return signature.String()
		}
	}
	for name, tc := range map[string]struct {
		sign func([]byte) string
		want string
	}{
		"good":              {sign(alice, ""), "Alice (of the tests) <Alice@example.com>"},
		"not allowed":       {sign(mallory, ""), "!does not hold"},
		"of another commit": {sign(alice, "change"), "!does not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			repository := testgit.New(t)
			vouched(t, repository, signers, signed(t, repository, name, tc.sign), tc.want)
		})
	}
	t.Run("no signature", func(t *testing.T) {
		repository := testgit.New(t)
		vouched(t, repository, signers, repository.Commit("a.txt", "1"), "!it has no signature")
	})
	t.Run("another kind of key", func(t *testing.T) {
		key, _ := newKey(t)
		only, err := gitsource.NewSigners([]byte(line("a", "", key.PublicKey())), nil)
		if err != nil {
			t.Fatal(err)
		}
		repository := testgit.New(t)
		vouched(t, repository, only, signed(t, repository, "x", sign(alice, "")), "!no OpenPGP key is allowed")
	})
}

func entity(t *testing.T, name string) *openpgp.Entity {
	t.Helper()
	made, err := openpgp.NewEntity(name, "of the tests", name+"@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func publicKey(t *testing.T, of *openpgp.Entity) string {
	t.Helper()
	var text bytes.Buffer
	out, err := armor.Encode(&text, openpgp.PublicKeyType, nil)
	if err == nil {
		err = errors.Join(of.Serialize(out), out.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestSignersThatCannotBeRead(t *testing.T) {
	key, _ := newKey(t)
	public := string(ssh.MarshalAuthorizedKey(key.PublicKey()))
	for name, tc := range map[string]struct{ allowed, ring, want string }{
		"nothing":         {"", "", "nobody may sign"},
		"only comments":   {"# nobody\n", "", "nobody may sign"},
		"no key":          {"\nalice@example.com\n", "", "line 2: expected: principals"},
		"broken key":      {"alice ssh-ed25519 AAAA\n", "", "line 1: expected: principals"},
		"unknown option":  {"alice colour=red " + public, "", "option colour is not known"},
		"a strange time":  {"alice valid-after=tomorrow " + public, "", `got "tomorrow", expected YYYYMMDD`},
		"no month 13":     {"alice valid-after=20201301 " + public, "", `got "20201301"`},
		"quote":           {`"alice ` + public, "", "a quote is not closed"},
		"ring of nothing": {"", "nonsense", "holds no public key"},
		"broken ring":     {"", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----", "read the OpenPGP key ring"},
	} {
		if _, err := gitsource.NewSigners([]byte(tc.allowed), []byte(tc.ring)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
}

// TestGitsOwnSignatures has git and ssh-keygen sign, so that our reading of the
// forms is held against theirs.
func TestGitsOwnSignatures(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not installed (openssh-client has it); TestSSHSigners makes the same signatures itself")
	}
	signer, private := newKey(t)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, private, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	repository := testgit.New(t)
	repository.Write("a.txt", "1")
	repository.Git("add", "--all")
	repository.Git("-c", "gpg.format=ssh", "-c", "user.signingkey="+file, "commit", "--quiet", "-S", "-m", "signed\n\nby git")
	signers, err := gitsource.NewSigners([]byte(line("alice@example.com", "", signer.PublicKey())), nil)
	if err != nil {
		t.Fatal(err)
	}
	vouched(t, repository, signers, repository.Git("rev-parse", "HEAD"), "alice@example.com")
}
