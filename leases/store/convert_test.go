package store

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

// TestLineNames: every type, whatever it is called, has an object of its own
// for its line; those of usual names can be told by them.
func TestLineNames(t *testing.T) {
	if got := lineName("aws-quota-slice"); got != "lease-line.aws-quota-slice.type" {
		t.Errorf("got %s", got)
	}
	long := strings.Repeat("_", 252)
	seen := map[string]string{}
	for _, leaseType := range []string{
		"a", "A", "a_b", "a-b", "a.b", "-", "--", "a-", "-a", "a--b", "a-_b", "ä", "a b", "a.x5fb", ".", "a.", "", "x5f", "_",
		long + "a", long + "b", strings.Repeat("a", 253), strings.Repeat("a", 252) + "b", strings.Repeat("a-", 126),
	} {
		name := lineName(leaseType)
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			t.Errorf("%.20q: %s: %v", leaseType, name, problems)
		}
		if other, taken := seen[name]; taken {
			t.Errorf("%q and %q have one name: %s", leaseType, other, name)
		}
		seen[name] = leaseType
	}
}
