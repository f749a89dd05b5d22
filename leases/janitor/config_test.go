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
	for content, want := range map[string][]string{
		`
cleaners:
- {types: [a], timeout: soon, tries: -1, parallel: 1000, pause: -1s}
- {types: [a], comand: [b], command: [a], job: {}, timeout: 48h, pause: 5}
`: {
			"3:3: cleaners[0]: a cleaner is a command or a Job (found none, want one of command and job) [one-source]",
			`3:25: cleaners[0].timeout: the value does not fit (found "soon", want a duration such as "90m" or "1h30m", of at most 24h) [wrong-value]`,
			"3:38: cleaners[0].tries: the number is out of bounds (found -1, want 1 to 100) [wrong-value]",
			"3:52: cleaners[0].parallel: the number is out of bounds (found 1000, want 1 to 100) [wrong-value]",
			`3:65: cleaners[0].pause: the duration is negative (found -1s, want one such as "90m") [wrong-value]`,
			`4:16: cleaners[1].comand: the field is not known (found "comand", want one that there is); did you mean "command"? [unknown-field]`,
			"4:43: cleaners[1].job: a cleaner is a command or a Job (found command and job, want one of command and job) [one-source]",
			"4:61: cleaners[1].timeout: the duration is too long (found 48h0m0s, want at most 24h0m0s) [wrong-value]",
			`4:73: cleaners[1].pause: the value does not fit (found "5", want a duration such as "90m" or "1h30m", of at most 24h: missing unit in duration "5") [wrong-value]`,
		},
		`
cleaners:
- {types: ["[", ""], command: [a], timeout: 0s}
- {types: [], command: [a]}
- types: [a]
  job:
    template:
      spec:
        containers:
        - {name: a, imagee: b}
- types: [a]
  job:
    parallelism: many
`: {
			`3:12: cleaners[0].types[0]: not a pattern (found "[", want one such as aws-*) [wrong-value]`,
			`3:17: cleaners[0].types[1]: not a pattern (found "", want one such as aws-*) [wrong-value]`,
			`3:36: cleaners[0].timeout: there is no time to clean (found 0s, want one such as "30m") [wrong-value]`,
			"4:4: cleaners[1].types: there are none (found an empty list, want patterns of lease types) [wrong-value]",
			"10:21: cleaners[2].job.template.spec.containers[0].imagee: the field is not known (found imagee, want one of a Kubernetes Job) [wrong-value]",
			"13:5: cleaners[3].job.parallelism: the value has the wrong type (found a string, want int32) [wrong-value]",
		},
	} {
		_, err := load(t, content)
		if err == nil {
			t.Fatal("taken")
		}
		said := strings.Split(strings.TrimPrefix(err.Error(), "read the cleaners: "), "\n")
		for i, line := range said {
			_, said[i], _ = strings.Cut(line, "cleaners.yaml:")
		}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
