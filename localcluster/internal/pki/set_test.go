package pki

import (
	"bytes"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var home = net.IPv4(127, 0, 0, 1)

func TestEnsure(t *testing.T) {
	all := []string{"authority.pem", "server.pem", "admin.pem", "service-accounts.key"}
	signed := []string{"authority.pem", "server.pem", "admin.pem"}
	for name, c := range map[string]struct {
		reason  string
		harm    func(t *testing.T, dir string)
		address net.IP
		renewed []string
	}{
		"sound":         {"kubeconfigs must go on working", nil, home, nil},
		"server lost":   {"only the server's is made again", remove("server.pem"), home, []string{"server.pem"}},
		"admin broken":  {"half a file is none", truncate("admin.pem"), home, []string{"admin.pem"}},
		"key broken":    {"nothing depends on it but tokens", truncate("service-accounts.key"), home, all[3:]},
		"authority":     {"what it signed is worth nothing without it", truncate("authority.pem"), home, signed},
		"all lost":      {"as new", remove(all...), home, all},
		"other address": {"the server's must name it", nil, net.IPv4(127, 0, 0, 2), []string{"server.pem"}},
		"near its end":  {"it must outlive the run", age("admin.pem"), home, []string{"admin.pem"}},
		"key swapped":   {"key and certificate must belong together", swapKey("admin.pem"), home, []string{"admin.pem"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ensureSet(t, dir, home)
			before := read(t, dir, all)
			if c.harm != nil {
				c.harm(t, dir)
			}
			ensureSet(t, dir, c.address)
			after := read(t, dir, all)
			var renewed []string
			for i, file := range all {
				if !bytes.Equal(before[i], after[i]) {
					renewed = append(renewed, file)
				}
			}
			if len(renewed) != len(c.renewed) {
				t.Errorf("%s: made anew %v, want %v", c.reason, renewed, c.renewed)
			}
			for i := range min(len(renewed), len(c.renewed)) {
				if renewed[i] != c.renewed[i] {
					t.Errorf("%s: made anew %v, want %v", c.reason, renewed, c.renewed)
				}
			}
			ensureSet(t, dir, c.address)
			for i, content := range read(t, dir, all) {
				if !bytes.Equal(content, after[i]) {
					t.Errorf("%s: not kept", all[i])
				}
			}
		})
	}
}

func ensureSet(t *testing.T, dir string, address net.IP) *Set {
	t.Helper()
	set, err := Ensure(dir, address)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func read(t *testing.T, dir string, files []string) (contents [][]byte) {
	t.Helper()
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, content)
	}
	return contents
}

func remove(files ...string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		for _, file := range files {
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func truncate(file string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Truncate(filepath.Join(dir, file), 40); err != nil {
			t.Fatal(err)
		}
	}
}

// age replaces a pair by one with half a year to live.
func age(file string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		set := ensureSet(t, dir, home)
		key, err := newKey()
		if err != nil {
			t.Fatal(err)
		}
		template := adminTemplate()
		template.SerialNumber = set.Admin.cert.SerialNumber
		template.NotBefore, template.NotAfter = time.Now().Add(-skew), time.Now().Add(margin/2)
		raw, err := x509.CreateCertificate(nil, template, set.Authority.cert, key.Public(), set.Authority.key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, file), &Pair{cert, key})
	}
}

// swapKey puts a key where it does not belong.
func swapKey(file string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		set := ensureSet(t, dir, home)
		write(t, filepath.Join(dir, file), &Pair{set.Admin.cert, set.Authority.key})
	}
}

func write(t *testing.T, path string, p *Pair) {
	t.Helper()
	if err := os.WriteFile(path, append(p.CertPEM(), p.KeyPEM()...), 0o600); err != nil {
		t.Fatal(err)
	}
}
