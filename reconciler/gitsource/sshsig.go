package gitsource

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// An ssh signature, as PROTOCOL.sshsig of OpenSSH describes it: what it is, in
// base64 between two lines.
const (
	sshBegin = "-----BEGIN SSH SIGNATURE-----"
	sshEnd   = "-----END SSH SIGNATURE-----"
	sshMagic = "SSHSIG"
	// sshNamespace is what Git signs for. A signature that was made for anything
	// else is no signature of a commit.
	sshNamespace = "git"
)

// sshSignature is what stands after the magic.
type sshSignature struct {
	Version       uint32
	PublicKey     []byte
	Namespace     string
	Reserved      string
	HashAlgorithm string
	Signature     []byte
}

// signedMessage is what is signed, after the magic: not the message but its
// hash.
type signedMessage struct {
	Namespace     string
	Reserved      string
	HashAlgorithm string
	Hash          []byte
}

// verifySSH gives whose key made a signature. The time is when the commit says
// that it was made, as for Git: a key that has been stolen has to be taken off
// the list, its end alone does not protect.
func verifySSH(allowed []allowedSigner, payload []byte, armored string, at time.Time) (string, error) {
	signature, err := parseSSHSignature(armored)
	if err != nil {
		return "", fmt.Errorf("its ssh signature cannot be read: %w", err)
	}
	if signature.Namespace != sshNamespace {
		return "", fmt.Errorf("its ssh signature is for the namespace %q, expected %q", signature.Namespace, sshNamespace)
	}
	key, err := ssh.ParsePublicKey(signature.PublicKey)
	if err != nil {
		return "", fmt.Errorf("its ssh signature cannot be read: %w", err)
	}
	principal, err := principalOf(allowed, key, at)
	if err != nil {
		return "", err
	}
	if err := signature.check(key, payload); err != nil {
		return "", fmt.Errorf("its ssh signature does not hold: %w", err)
	}
	return principal, nil
}

func parseSSHSignature(armored string) (sshSignature, error) {
	var found sshSignature
	body, ok := strings.CutPrefix(armored, sshBegin)
	body, closed := strings.CutSuffix(strings.TrimSpace(body), sshEnd)
	if !ok || !closed {
		return found, errors.New("its last line is missing")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil {
		return found, err
	}
	rest, ok := bytes.CutPrefix(raw, []byte(sshMagic))
	if !ok {
		return found, errors.New("it does not begin as one")
	}
	if err := ssh.Unmarshal(rest, &found); err != nil {
		return found, err
	}
	if found.Version != 1 {
		return found, fmt.Errorf("got version %d, expected 1", found.Version)
	}
	return found, nil
}

// check says whether a key made the signature.
func (s sshSignature) check(key ssh.PublicKey, payload []byte) error {
	var hash []byte
	switch s.HashAlgorithm {
	case "sha256":
		sum := sha256.Sum256(payload)
		hash = sum[:]
	case "sha512":
		sum := sha512.Sum512(payload)
		hash = sum[:]
	default:
		return fmt.Errorf("got hash %q, expected sha256 or sha512", s.HashAlgorithm)
	}
	var inner ssh.Signature
	if err := ssh.Unmarshal(s.Signature, &inner); err != nil {
		return err
	}
	if inner.Format == ssh.KeyAlgoRSA { // signs a SHA-1 sum, of which two can be alike
		return errors.New("got an RSA signature over SHA-1, expected rsa-sha2-256 or rsa-sha2-512")
	}
	message := ssh.Marshal(signedMessage{Namespace: s.Namespace, HashAlgorithm: s.HashAlgorithm, Hash: hash})
	return key.Verify(append([]byte(sshMagic), message...), &inner)
}

// principalOf finds who may sign with a key, or with a certificate that one of
// the authorities has given.
func principalOf(allowed []allowedSigner, key ssh.PublicKey, at time.Time) (string, error) {
	reason := fmt.Errorf("its key %s is not allowed", ssh.FingerprintSHA256(key))
	certificate, isCertificate := key.(*ssh.Certificate)
	for _, signer := range allowed {
		if signer.authority != isCertificate || !sameKey(signer.key, key, certificate) {
			continue
		}
		if err := signer.allows(sshNamespace, at); err != nil {
			reason = err
			continue
		}
		if !isCertificate {
			return strings.Join(signer.principals, ","), nil
		}
		principal, err := signer.certified(certificate, at)
		if err == nil {
			return principal, nil
		}
		reason = err
	}
	return "", reason
}

func sameKey(allowed, key ssh.PublicKey, certificate *ssh.Certificate) bool {
	if certificate != nil {
		key = certificate.SignatureKey
	}
	return bytes.Equal(allowed.Marshal(), key.Marshal())
}

// certified gives the principal of a certificate that the line allows.
func (s allowedSigner) certified(certificate *ssh.Certificate, at time.Time) (string, error) {
	if certificate.CertType != ssh.UserCert {
		return "", errors.New("its certificate is not a user's")
	}
	index := slices.IndexFunc(certificate.ValidPrincipals, func(name string) bool { return matches(s.principals, name) })
	if index < 0 {
		return "", fmt.Errorf("its certificate is for %s, whom no line allows", strings.Join(certificate.ValidPrincipals, ","))
	}
	checker := &ssh.CertChecker{Clock: func() time.Time { return at }}
	if err := checker.CheckCert(certificate.ValidPrincipals[index], certificate); err != nil {
		return "", fmt.Errorf("its certificate does not hold: %w", err)
	}
	return certificate.ValidPrincipals[index], nil
}
