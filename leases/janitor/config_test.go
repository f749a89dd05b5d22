package janitor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/leases/janitor"
)

func load(t *testing.T, content string) (*janitor.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cleaners.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return janitor.LoadConfig(file)
}

func TestTheFirstCleanerOfATypeCounts(t *testing.T) {
	config, err := load(t, `
cleaners:
- {types: [aws-special], command: [special], timeout: 1h, tries: 1, parallel: 9}
- {types: ["aws-*", other], command: [usual]}
`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, leaseType := range []string{"aws-special", "aws-2", "other", "gcp"} {
		if c := config.For(leaseType); c != nil {
			got[leaseType] = c.Command[0]
		}
	}
	if diff := cmp.Diff(map[string]string{"aws-special": "special", "aws-2": "usual", "other": "usual"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c := config.For("other"); c.Timeout.Duration != 30*time.Minute || c.Tries != 3 || c.Parallel != 5 || c.Pause.Duration != time.Minute {
		t.Errorf("the defaults are %+v", c)
	}
}

func TestBadCleaners(t *testing.T) {
	_, err := load(t, `
cleaners:
- {types: ["[", ""], command: [a], job: {template: {}}, timeout: 48h, tries: -1, parallel: 1000, pause: -1s}
- {}
`)
	want := []string{
		`cleaners[0].types[0]: not a pattern (found "[")`, `cleaners[0].types[1]: not a pattern (found "")`,
		"cleaners[0]: either a command or a job must be set", "cleaners[0].timeout: must be from 0 to 24h0m0s (found 48h0m0s)",
		"cleaners[0].pause: must be from 0 to 24h0m0s (found -1s)", "cleaners[0].tries: must be from 1 to 100 (found -1)",
		"cleaners[0].parallel: must be from 1 to 100 (found 1000)", "cleaners[1].types: there are none",
		"cleaners[1]: either a command or a job must be set",
	}
	if err == nil {
		t.Fatal("taken")
	}
	_, said, _ := strings.Cut(err.Error(), "cleaners.yaml: ")
	if diff := cmp.Diff(want, strings.Split(said, "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := load(t, "cleaners: [{types: [a], comand: [b]}]"); err == nil || !strings.Contains(err.Error(), `the field "comand" is not known`) {
		t.Errorf("a typing error: %v", err)
	}
}
