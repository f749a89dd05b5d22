package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// table writes aligned lines for people, and one for benchstat of each figure.
type table struct{ out, record io.Writer }

func (t table) line(what, took, ratio, memory, remark string) {
	fmt.Fprintf(t.out, "%-44s %12s %9s %12s  %s\n", what, took, ratio, memory, remark)
}

func (t table) header() { t.line("what", "time", "in Y", "peak memory", "remark") }

// note writes a figure as Go's own benchmarks are written, which benchstat reads.
func (t table) note(what string, value float64, unit string, memory int64) {
	name := strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' {
			return '_'
		}
		return r
	}, what)
	fmt.Fprintf(t.record, "Benchmark/%s 1 %g %s", name, value, unit)
	if memory > 0 {
		fmt.Fprintf(t.record, " %d peak-bytes", memory)
	}
	fmt.Fprintln(t.record)
}

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
	b.table.note(what, float64(took.Nanoseconds()), "ns/op", memory)
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
	b.table.note(what, perSecond, "times/s", memory)
}

// ratio prints how much one thing is of another.
func (b *bench) ratio(what string, value float64, remark string) {
	b.table.line(what, fmt.Sprintf("%.2f", value), "", "", remark)
	b.table.note(what, value, "ratio", 0)
}
