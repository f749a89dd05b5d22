package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/drover-ci/drover/internal/corpus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if len(os.Args) == 3 && os.Args[1] == againFlag {
		err = generateAgain(ctx, os.Args[2], os.Stdin, os.Stdout)
	} else {
		err = run(ctx, os.Stdout)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	// drover and localcluster are programs, built before.
	drover, localcluster string
	// release is the release repository as a folder; work is a folder of ours.
	release, work string
	// yardstick is Y.
	yardstick time.Duration
	table     table
}

func run(ctx context.Context, stdout io.Writer) error {
	bin := flag.String("bin", "bin", "folder of the programs")
	only := flag.String("only", "", "measure just this: check, generate, resolver, change, growth, reconciler, leases, up")
	record := flag.String("record", "", "file to add the figures to, in the form that benchstat reads")
	flag.Parse()
	root := os.Getenv(corpus.Variable)
	if root == "" && *only != "leases" && *only != "reconciler" {
		return errors.New(corpus.Variable + " is not set: it names the folder of the full-scale release repository")
	}
	recorder, err := openRecord(*record)
	if err != nil {
		return err
	}
	defer func() { _ = recorder.Close() }()
	work, err := os.MkdirTemp("", "drover-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	folder, err := filepath.Abs(*bin)
	if err != nil {
		return err
	}
	b := &bench{
		drover: filepath.Join(folder, "drover"), localcluster: filepath.Join(folder, "localcluster"),
		release: filepath.Join(root, "release-repo"), work: work,
		table: table{out: stdout, record: recorder},
	}
	switch *only {
	case "check":
		return b.measure(ctx, b.measureYardstick, b.measureCheck)
	case "up":
		return b.measure(ctx, b.measureYardstick, b.measureUp)
	case "leases":
		return b.measure(ctx, b.measureLeases)
	case "reconciler":
		return b.measure(ctx, b.measureReconciler)
	case "generate":
		return b.measure(ctx, b.measureYardstick, b.measureGenerate, b.measureGenerateAgain)
	case "change":
		return b.measure(ctx, b.measureYardstick, b.measureStages)
	case "growth":
		return b.measure(ctx, b.measureYardstick, b.measureGrowth)
	case "resolver":
		return b.measure(ctx, b.measureYardstick, b.measureResolver)
	}
	return b.measure(ctx, b.measureYardstick, b.measureCheck, b.measureGenerate, b.measureGenerateAgain, b.measureResolver, b.measureReconciler,
		b.measureLeases, b.measureUp, b.measureStages, b.measureGrowth)
}

// openRecord opens the file that the figures are added to; none takes them and
// keeps nothing.
func openRecord(file string) (io.WriteCloser, error) {
	if file == "" {
		file = os.DevNull
	}
	return os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
}

// measure measures one thing after the other, so that none disturbs another, and
// prints each line as it is known.
func (b *bench) measure(ctx context.Context, measures ...func(context.Context) error) error {
	b.table.header()
	for _, measure := range measures {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}
