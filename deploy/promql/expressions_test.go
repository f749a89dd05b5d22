package promql_test

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

const monitoring = "../components/monitoring/"

// known gives the names of series that there are.
func known(t *testing.T) map[string]bool {
	t.Helper()
	file, err := os.Open("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	row := regexp.MustCompile("^\\| `([a-z_]+)` \\| (counter|gauge|histogram) \\|")
	names := map[string]bool{"process_resident_memory_bytes": true} // of the client library
	for lines := bufio.NewScanner(file); lines.Scan(); {
		found := row.FindStringSubmatch(lines.Text())
		switch {
		case found == nil:
		case found[2] == "histogram":
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				names[found[1]+suffix] = true
			}
		default:
			names[found[1]] = true
		}
	}
	if len(names) < 10 {
		t.Fatalf("docs/metrics.md lists only %v", names)
	}
	return names
}

// check parses an expression and looks whether what it asks for exists.
func check(t *testing.T, names map[string]bool, what, expression string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	if err != nil {
		t.Errorf("%s: %s: %v", what, expression, err)
		return
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok && !names[selector.Name] {
			t.Errorf("%s: no metric is called %s", what, selector.Name)
		}
		return nil
	})
}

func TestAlerts(t *testing.T) {
	content, err := os.ReadFile(monitoring + "alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rule struct {
		Spec struct {
			Groups []struct {
				Rules []struct {
					Alert       string
					Expr        string
					Labels      map[string]string
					Annotations map[string]string
				}
			}
		}
	}
	if err := yaml.Unmarshal(content, &rule); err != nil {
		t.Fatal(err)
	}
	names, alerts := known(t), 0
	for _, group := range rule.Spec.Groups {
		for _, each := range group.Rules {
			alerts++
			check(t, names, each.Alert, each.Expr)
			if each.Labels["severity"] == "" || each.Annotations["summary"] == "" || each.Annotations["description"] == "" {
				t.Errorf("%s: it needs a severity, a summary and a description", each.Alert)
			}
		}
	}
	if alerts == 0 {
		t.Error("there are no alerts")
	}
}

func TestDashboard(t *testing.T) {
	content, err := os.ReadFile(monitoring + "dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	names := known(t)
	variables := strings.NewReplacer("$__rate_interval", "5m", "$repository", ".*")
	for _, panel := range dashboard.Panels {
		if len(panel.Targets) == 0 {
			t.Errorf("%s: it asks for nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			check(t, names, panel.Title, variables.Replace(target.Expr))
		}
	}
	if len(dashboard.Panels) == 0 {
		t.Error("there are no panels")
	}
}
