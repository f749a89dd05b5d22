package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/drover-ci/drover/localcluster/internal/atomicfile"
)

const (
	lifetime = 10 * 365 * 24 * time.Hour
	// margin is how long before its end a certificate is replaced: longer than a cluster runs without a restart.
	margin = 365 * 24 * time.Hour
	// skew is how far the clock may be set back after a certificate was made.
	skew = time.Hour
)

// The kinds of PEM block.
const (
	certificateBlock = "CERTIFICATE"
	keyBlock         = "EC PRIVATE KEY"
)

// Pair is a certificate and its key.
type Pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// CertPEM is the certificate.
func (p *Pair) CertPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: p.cert.Raw})
}

// KeyPEM is the key.
func (p *Pair) KeyPEM() []byte {
	return keyPEM(p.key)
}

// ensure gives the pair in file if it is what template asks for, and else makes it. A nil signer stands for the pair
// itself.
func ensure(file string, template *x509.Certificate, signer *Pair) (*Pair, error) {
	pair, err := load(file)
	if err == nil && pair.fits(template, signer) == nil {
		return pair, nil
	}
	if pair, err = sign(template, signer); err != nil {
		return nil, fmt.Errorf("make %s: %w", file, err)
	}
	return pair, atomicfile.Write(file, append(pair.CertPEM(), pair.KeyPEM()...))
}

// load reads a pair.
func load(file string) (*Pair, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	first, rest := pem.Decode(content)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil {
		return nil, fmt.Errorf("load %s: not a certificate and a key", file)
	}
	cert, err := x509.ParseCertificate(first.Bytes)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", file, err)
	}
	key, err := x509.ParseECPrivateKey(second.Bytes)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", file, err)
	}
	return &Pair{cert, key}, nil
}

// sign makes a pair after the template.
func sign(template *x509.Certificate, signer *Pair) (*Pair, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	// Unique among all an authority ever signs, without counting.
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, err
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-skew), time.Now().Add(lifetime)
	if signer == nil {
		signer = &Pair{template, key}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, signer.cert, key.Public(), signer.key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, err
	}
	return &Pair{cert, key}, nil
}

// fits tells why the pair cannot stand for a new one made after the template.
func (p *Pair) fits(template *x509.Certificate, signer *Pair) error {
	if !p.key.PublicKey.Equal(p.cert.PublicKey) {
		return errors.New("key and certificate differ")
	}
	if signer == nil {
		signer = p
	}
	roots := x509.NewCertPool()
	roots.AddCert(signer.cert)
	usage := template.ExtKeyUsage
	if len(usage) == 0 {
		usage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
	}
	for _, at := range []time.Time{time.Now(), time.Now().Add(margin)} {
		if _, err := p.cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: usage, CurrentTime: at}); err != nil {
			return err
		}
	}
	for _, ip := range template.IPAddresses {
		if err := p.cert.VerifyHostname(ip.String()); err != nil {
			return err
		}
	}
	return nil
}

// ensureKey makes sure that file holds a key.
func ensureKey(file string) error {
	if content, err := os.ReadFile(file); err == nil {
		if block, _ := pem.Decode(content); block != nil {
			if _, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
				return nil
			}
		}
	}
	key, err := newKey()
	if err != nil {
		return fmt.Errorf("make %s: %w", file, err)
	}
	return atomicfile.Write(file, keyPEM(key))
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func keyPEM(key *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err) //nolint:forbidigo // the curve is ours, and known
	}
	return pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der})
}
