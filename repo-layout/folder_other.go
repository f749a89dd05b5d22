//go:build !linux

package repolayout

import (
	"errors"
	"os"
)

// openBeneath has no such call here.
func openBeneath(*os.File, string) (*os.File, error) { return nil, errors.ErrUnsupported }
