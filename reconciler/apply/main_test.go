package apply_test

import (
	"os"
	"testing"

	"github.com/drover-ci/drover/internal/testcluster"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }
