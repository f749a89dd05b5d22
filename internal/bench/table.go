package main

import (
	"fmt"
	"io"
	"time"
)

// table writes aligned lines.
type table struct{ out io.Writer }

func (t table) line(what, took, ratio, memory, remark string) {
	fmt.Fprintf(t.out, "%-44s %12s %9s %12s  %s\n", what, took, ratio, memory, remark)
}

func (t table) header() { t.line("what", "time", "in Y", "peak memory", "remark") }

// row prints a duration, its ratio to Y, and memory in bytes where it is
// known.
func (b *bench) row(what string, took time.Duration, memory int64, remark string) {
	ratio, peak := "", ""
	if b.yardstick > 0 {
		ratio = fmt.Sprintf("%.3f", float64(took)/float64(b.yardstick))
	}
	if memory > 0 {
		peak = fmt.Sprintf("%d MB", memory>>20)
	}
	b.table.line(what, took.Round(time.Microsecond*100).String(), ratio, peak, remark)
}

// rate prints a number a second and its ratio to another.
func (b *bench) rate(what string, perSecond, raw float64, memory int64) {
	remark, peak := "", ""
	if memory > 0 {
		peak = fmt.Sprintf("%d MB", memory>>20)
	}
	if raw > 0 {
		remark = fmt.Sprintf("%.0f %% of the raw rate", 100*perSecond/raw)
	}
	b.table.line(what, fmt.Sprintf("%.0f/s", perSecond), "", peak, remark)
}
