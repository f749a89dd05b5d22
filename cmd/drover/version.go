package main

import (
	"fmt"
	"runtime/debug"
)

type versionCommand struct{}

// Help gives the examples.
func (versionCommand) Help() string { return "Example:\n  drover version" }

// Run prints the module's version, or the commit that a checkout was built of.
func (versionCommand) Run(out *console) error {
	_, err := fmt.Fprintln(out.stdout, "drover", version())
	return err
}

// released is set by who builds without Git, as the image is.
var released string //nolint:gochecknoglobals // the linker sets it

func version() string {
	if released != "" {
		return released
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return info.Main.Version + " (" + setting.Value + ")"
		}
	}
	return info.Main.Version
}
