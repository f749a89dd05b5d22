package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Exit codes. Scripts depend on them.
const (
	exitFine     = 0
	exitProblems = 1
	exitFailed   = 2
)

// errProblems ends a command whose findings have been printed already.
var errProblems = errors.New("problems were found")

// commands is the command line.
type commands struct {
	Up       upCommand       `cmd:"" help:"Run everything on this machine: a control plane, the reconciler and the resolver."`
	Check    checkCommand    `cmd:"" help:"Check a release repository and print every problem in it."`
	Generate generateCommand `cmd:"" help:"Make the Prow jobs and the Boskos configuration."`
	Resolve  resolveCommand  `cmd:"" help:"Print the resolved configuration of a component as JSON."`
	Explain  explainCommand  `cmd:"" help:"Say what a kind of file, or a field of it, may hold."`
	Init     initCommand     `cmd:"" help:"Add a component to a release repository, or start a new one."`
	Migrate  migrateCommand  `cmd:"" help:"Rewrite older forms of files into today's."`
	Diff     diffCommand     `cmd:"" help:"Show what reconciling a cluster would change."`
	Status   statusCommand   `cmd:"" help:"Say what is in force, what is held back, and why."`
	Rollback rollbackCommand `cmd:"" help:"Go to an earlier revision, until the branch moves."`
	Serve    serveCommand    `cmd:"" help:"Run one part of Drover as a server."`
	Lease    leaseCommand    `cmd:"" help:"Acquire, keep and give back leases, and see who has them."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// console is where commands write.
type console struct {
	stdout, stderr io.Writer
}

// run is the program: it gives the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var line commands
	exited := -1
	parser, err := kong.New(&line,
		kong.Name("drover"),
		kong.Description("Drover keeps a CI control plane exactly as a Git repository says."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.ValueFormatter(describe),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(durationFlag)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&console{stdout: stdout, stderr: stderr}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "drover:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // the help was printed
	}
	if err != nil {
		fmt.Fprintln(stderr, "drover:", misuse(err))
		return exitFailed
	}
	err = parsed.Run()
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errProblems):
		return exitProblems
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "drover: interrupted")
		return exitFailed
	default:
		fmt.Fprintln(stderr, "drover:", err)
		return exitFailed
	}
}

// misuse says what is wrong with a command line, in words of those who wrote it.
func misuse(err error) string {
	said := err.Error()
	if flag, _, none := strings.Cut(said, ` value but got "EOL"`); none {
		flag, _, _ = strings.Cut(flag, ": expected")
		return flag + ": a value must follow"
	}
	return said
}

// describe is the help of a flag. A default is part of it where it does not
// stand in the place of the value.
func describe(value *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(value)
	if value.Flag == nil || value.Flag.PlaceHolder == "" || !value.HasDefault || strings.Contains(help, "Default:") {
		return help
	}
	return fmt.Sprintf("%s Default: %s.", help, value.Default)
}
