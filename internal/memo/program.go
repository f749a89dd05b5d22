package memo

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync"
)

// Program identifies the running program, so that another version does not
// take over what this one found. It is empty where that cannot be told: then
// nothing should be remembered.
//
//nolint:gochecknoglobals // does not change while the program runs
var Program = sync.OnceValue(func() string {
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(name)
	if err != nil {
		return ""
	}
	version := ""
	if build, ok := debug.ReadBuildInfo(); ok {
		version = build.String()
	}
	return fmt.Sprintf("%s %d %d %s", name, info.Size(), info.ModTime().UnixNano(), version)
})
