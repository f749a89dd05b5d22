package main

import (
	"fmt"
	"reflect"
	"time"

	"github.com/alecthomas/kong"
)

// durationFlag reads the length of time that a flag takes. No flag of ours may be
// negative; the tag `least` is for one that is of no use below some length.
func durationFlag(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	found, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("not a length of time (found %q, want one such as 30s or 5m)", text)
	}
	least := time.Duration(0)
	if tag := ctx.Value.Tag; tag.Has("least") {
		if least, err = time.ParseDuration(tag.Get("least")); err != nil {
			return fmt.Errorf("read the tag least: %w", err)
		}
	}
	if found < least {
		return fmt.Errorf("too short (found %s, want at least %s)", found, least)
	}
	target.SetInt(int64(found))
	return nil
}
