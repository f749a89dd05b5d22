// Package pki keeps the keys and certificates of a local cluster in a folder: an authority, a certificate for the API
// server and one for the administrator, both signed by it, and the key that signs service account tokens.
//
// Each lies with its key in one file, which is replaced as a whole. What is sound is kept, so that a kubeconfig once
// handed out goes on working; what is missing, broken, near its end or signed by a former authority is made anew.
package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// Set is the keys and certificates of one cluster.
type Set struct {
	// Authority signs the other certificates, and is all that clients and server need to trust each other.
	Authority *Pair
	// ServerFile holds the certificate that the API server shows, and its key.
	ServerFile string
	// Admin is shown by an administrator, whom RBAC never refuses.
	Admin *Pair
	// AccountKeyFile holds the key that signs service account tokens.
	AccountKeyFile string
}

// Ensure gives the set kept in dir, and makes what it lacks. The server's certificate is good for localhost and for
// address.
func Ensure(dir string, address net.IP) (*Set, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for keys: %w", err)
	}
	authority, err := ensure(filepath.Join(dir, "authority.pem"), authorityTemplate(), nil)
	if err != nil {
		return nil, err
	}
	server := filepath.Join(dir, "server.pem")
	if _, err := ensure(server, serverTemplate(address), authority); err != nil {
		return nil, err
	}
	admin, err := ensure(filepath.Join(dir, "admin.pem"), adminTemplate(), authority)
	if err != nil {
		return nil, err
	}
	accounts := filepath.Join(dir, "service-accounts.key")
	if err := ensureKey(accounts); err != nil {
		return nil, err
	}
	return &Set{Authority: authority, ServerFile: server, Admin: admin, AccountKeyFile: accounts}, nil
}

func authorityTemplate() *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: "localcluster"},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
}

func serverTemplate(address net.IP) *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, address},
	}
}

func adminTemplate() *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: "localcluster-admin", Organization: []string{"system:masters"}},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}
