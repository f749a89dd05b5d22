package repolayout_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// TestALinkToALinkLeadsNowhereElse has a link that looks harmless, to one
// outside of where anybody looks, which leads out of the repository.
func TestALinkToALinkLeadsNowhereElse(t *testing.T) {
	dir, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "ci-operator", "config", "o", "r", "o-r-main.yaml")
	if err := os.MkdirAll(filepath.Dir(config), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../../../out.yaml", config); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{secret, "out.yaml"} {
		if err := os.Symlink(target, filepath.Join(dir, "out.yaml")); err != nil {
			t.Fatal(err)
		}
		tree, closeTree, err := repolayout.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		problems := load(t, tree, nil).Problems()
		if len(problems) != 1 || problems[0].Rule != repolayout.RuleLinkBroken || strings.Contains(problems[0].Message, "secret\n") {
			t.Errorf("link to %s: got %v", target, problems)
		}
		if err := closeTree(); err != nil {
			t.Error(err)
		}
		if err := os.Remove(filepath.Join(dir, "out.yaml")); err != nil {
			t.Fatal(err)
		}
	}
}
