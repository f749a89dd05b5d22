package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/drover-ci/drover/leases"
)

type leaseListCommand struct {
	leaseServerFlags

	Type   string `arg:"" optional:"" help:"Show every resource of this type."`
	Watch  bool   `short:"w" help:"Go on showing, every two seconds."`
	Output string `short:"o" enum:"text,json" default:"text" placeholder:"text|json" help:"How to print."`
}

// Help gives the examples.
func (leaseListCommand) Help() string {
	return `Examples:
  drover lease list
  drover lease list aws-quota-slice --watch`
}

// watchEvery is how often --watch looks.
const watchEvery = 2 * time.Second

// Run lists.
func (c leaseListCommand) Run(ctx context.Context, out *console) error {
	asked, err := c.client(false)
	if err != nil {
		return err
	}
	for {
		reports, err := asked.Leases(ctx, c.Type)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was interrupted
		}
		if err != nil {
			return fmt.Errorf("list the leases: %w", err)
		}
		if c.Type != "" && len(reports) == 0 {
			return fmt.Errorf("there is no lease type %q", c.Type)
		}
		if err := c.print(out.stdout, reports); err != nil {
			return err
		}
		if !c.Watch {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchEvery):
		}
	}
}

func (c leaseListCommand) print(out io.Writer, reports []leases.TypeReport) error {
	if c.Output == "json" {
		content, err := json.Marshal(reports)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n", content)
		return err
	}
	if file, ok := out.(*os.File); ok && c.Watch && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(out, "\033[H\033[2J")
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	switch {
	case len(reports) == 0:
		fmt.Fprintln(table, "there are no leases yet: they come with the quotas of the release repository")
	case c.Type != "":
		listType(table, &reports[0], time.Now())
	default:
		listTypes(table, reports)
	}
	return table.Flush()
}

func listTypes(out io.Writer, reports []leases.TypeReport) {
	fmt.Fprintln(out, "TYPE\tQUOTA\tLEASED\tFREE\tOTHER\tWAITING")
	for i := range reports {
		r := &reports[i]
		other := r.Total - r.Held - r.Free
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\n", r.Type, quota(r), r.Held, r.Free, max(0, other), r.Line)
	}
}

func quota(r *leases.TypeReport) string {
	if r.Limit < 0 {
		return "-"
	}
	return strconv.Itoa(r.Limit)
}

// listType shows every resource of a type, then the line.
func listType(out io.Writer, r *leases.TypeReport, now time.Time) {
	heading := "RESOURCE\tSTATE\tOWNER\tSINCE\tLAST HEARD OF"
	if slices.ContainsFunc(r.Resources, func(each leases.ResourceReport) bool { return each.Leaving }) {
		heading += "\tNOTE"
	}
	fmt.Fprintln(out, heading)
	for i := range r.Resources {
		each := &r.Resources[i]
		note := ""
		if each.Leaving {
			note = "goes when it is given back"
		}
		line := []string{each.Name, each.State, dash(each.Owner), ago(each.Since, now), ago(each.LastUpdate, now), note}
		fmt.Fprintln(out, strings.TrimRight(strings.Join(line, "\t"), "\t"))
	}
	if len(r.Waiting) == 0 {
		return
	}
	fmt.Fprintln(out, "\nIN LINE\tWANTS\tOWNER\tSINCE\tREQUEST")
	for i, w := range r.Waiting {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\n", i+1, w.State, w.Owner, ago(w.Since, now), w.ID)
	}
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func ago(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return now.Sub(t).Round(time.Second).String()
}

// localLeasesURL finds the lease server of drover up on this machine.
func localLeasesURL() (string, error) {
	const none = "--server-url must be given: no drover up serves leases on this machine"
	base, err := xdgDataHome()
	if err != nil {
		return "", errors.New(none)
	}
	content, err := os.ReadFile(filepath.Join(base, "drover", endpointsFile))
	if err != nil {
		return "", errors.New(none)
	}
	var found endpoints
	if err := json.Unmarshal(content, &found); err != nil || found.Leases == "" {
		return "", errors.New(none)
	}
	return found.Leases, nil
}
