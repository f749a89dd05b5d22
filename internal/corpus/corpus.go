// Package corpus finds the full-scale release repository that some tests and
// benchmarks use. It is not part of this repository; the environment variable
// DROVER_CORPUS says where it is unpacked.
package corpus

import (
	"os"
	"path/filepath"
	"testing"
)

// Variable is the environment variable that holds the corpus's folder.
const Variable = "DROVER_CORPUS"

// Dir gives a path below the corpus, or skips the test when there is none.
func Dir(tb testing.TB, elements ...string) string {
	tb.Helper()
	root := os.Getenv(Variable)
	if root == "" {
		tb.Skip(Variable + " is not set: this test needs the full-scale release repository")
	}
	return filepath.Join(append([]string{root}, elements...)...)
}
