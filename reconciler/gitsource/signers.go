package gitsource

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Signers are those whose signatures count. One of them must have signed the
// commit itself; what it was merged from does not matter.
type Signers struct {
	ssh     []allowedSigner
	openPGP openpgp.EntityList
}

// NewSigners reads who may sign: an allowed_signers file as of ssh-keygen, and
// a ring of public keys as of gpg --export --armor. Either may be empty, but not
// both.
func NewSigners(allowedSigners, keyRing []byte) (*Signers, error) {
	found := &Signers{}
	var err error
	if found.ssh, err = parseAllowedSigners(allowedSigners); err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(keyRing)) > 0 {
		if found.openPGP, err = readKeyRing(keyRing); err != nil {
			return nil, err
		}
	}
	if len(found.ssh) == 0 && len(found.openPGP) == 0 {
		return nil, errors.New("nobody may sign: neither allowed signers nor an OpenPGP key ring hold a key")
	}
	return found, nil
}

// readKeyRing reads armored public keys; several blocks may follow one another.
func readKeyRing(content []byte) (openpgp.EntityList, error) {
	const begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	parts := strings.Split(string(content), begin)
	var ring openpgp.EntityList
	for _, part := range parts[1:] {
		keys, err := openpgp.ReadArmoredKeyRing(strings.NewReader(begin + part))
		if err != nil {
			return nil, fmt.Errorf("read the OpenPGP key ring: %w", err)
		}
		ring = append(ring, keys...)
	}
	if len(ring) == 0 {
		return nil, errors.New("read the OpenPGP key ring: it holds no public key; gpg --export --armor writes one")
	}
	return ring, nil
}

// verify gives who signed a commit. That they have is an error.
func (s *Signers) verify(commit *object.Commit) (string, error) {
	signature := strings.TrimSpace(commit.PGPSignature)
	if signature == "" {
		return "", errors.New("it has no signature")
	}
	payload, err := signedPart(commit)
	if err != nil {
		return "", err
	}
	switch {
	case strings.Count(signature, "-----BEGIN ") != 1:
		return "", errors.New("it has more than one signature")
	case strings.HasPrefix(signature, sshBegin):
		return verifySSH(s.ssh, payload, signature, commit.Committer.When)
	case strings.HasPrefix(signature, "-----BEGIN PGP SIGNATURE-----"):
		return s.verifyOpenPGP(payload, signature)
	default:
		return "", errors.New("its signature is neither of ssh nor of OpenPGP")
	}
}

// signedPart is a commit without its signature.
func signedPart(commit *object.Commit) ([]byte, error) {
	encoded := &plumbing.MemoryObject{}
	if err := commit.EncodeWithoutSignature(encoded); err != nil {
		return nil, fmt.Errorf("read what was signed: %w", err)
	}
	reader, err := encoded.Reader()
	if err != nil {
		return nil, fmt.Errorf("read what was signed: %w", err)
	}
	var payload bytes.Buffer
	if _, err := payload.ReadFrom(reader); err != nil {
		return nil, fmt.Errorf("read what was signed: %w", err)
	}
	return payload.Bytes(), nil
}

func (s *Signers) verifyOpenPGP(payload []byte, signature string) (string, error) {
	if len(s.openPGP) == 0 {
		return "", errors.New("it is signed with OpenPGP, and no OpenPGP key is allowed")
	}
	signer, err := openpgp.CheckArmoredDetachedSignature(s.openPGP, bytes.NewReader(payload), strings.NewReader(signature), nil)
	if err != nil {
		return "", fmt.Errorf("its OpenPGP signature does not hold: %w", err)
	}
	if identity := signer.PrimaryIdentity(); identity != nil {
		return identity.Name, nil
	}
	return fmt.Sprintf("OpenPGP key %X", signer.PrimaryKey.Fingerprint), nil
}

// validity is from when to when a key counts; zero times are no bounds.
type validity struct{ after, before time.Time }

func (v validity) holds(at time.Time) bool {
	return (v.after.IsZero() || !at.Before(v.after)) && (v.before.IsZero() || at.Before(v.before))
}
