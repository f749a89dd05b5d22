//go:build !linux

package workers

import "runtime"

func giveWay() { runtime.Gosched() }
