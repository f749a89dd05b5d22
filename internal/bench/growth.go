package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// size is a release repository with a share of all components, or with a copy
// of each besides.
type size struct {
	name  string
	share float64
}

// whole is the size of the release repository itself.
func whole() size { return size{"all", 1} }

func sizes() []size { return []size{{"a quarter", 0.25}, {"half", 0.5}, whole(), {"twice", 2}} }

// repository makes the release repository, at a size, into a Git repository of
// ours. Its folder is empty: commits count.
func (b *bench) repository(ctx context.Context, of size) (string, error) {
	dir := filepath.Join(b.work, "release-"+strings.ReplaceAll(of.name, " ", "-"))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := git(ctx, dir, "init", "--quiet", "--initial-branch=main"); err != nil {
		return "", err
	}
	commits, err := importCommits(ctx, dir, func(h *history) error {
		h.commit("")
		return b.write(h, of)
	})
	if err == nil {
		err = errors.Join(moveTo(dir, commits[0]), git(ctx, dir, "update-ref", first, commits[0]))
	}
	if err != nil {
		return "", fmt.Errorf("make the release repository, %s: %w", of.name, err)
	}
	return dir, git(ctx, dir, "repack", "-adq")
}

// write writes the files of a size.
func (b *bench) write(h *history, of size) error {
	chosen, err := b.components(of.share)
	if err != nil {
		return err
	}
	return filepath.WalkDir(b.release, func(place string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := filepath.Rel(b.release, place)
		if err != nil {
			return err
		}
		file = filepath.ToSlash(file)
		org, repo, isOfOne := componentOf(file)
		if isOfOne && of.share < 1 && !chosen[org+"/"+repo] {
			return nil
		}
		if entry.Type() == fs.ModeSymlink {
			target, err := os.Readlink(place)
			h.file(file, "120000", []byte(target))
			return err
		}
		content, err := os.ReadFile(place)
		if err != nil {
			return err
		}
		h.file(file, plainFile, content)
		if copied := copyOf(file, org); of.share > 1 && isOfOne && copied != "" {
			h.file(copied, plainFile, renamed(file, content, org, repo))
		}
		return nil
	})
}

// componentOf says which component a configuration or job file is of.
func componentOf(file string) (org, repo string, ok bool) {
	parts := strings.Split(file, "/")
	if len(parts) != 5 || parts[0] != "ci-operator" || parts[1] != "config" && parts[1] != "jobs" {
		return "", "", false
	}
	return parts[2], parts[3], true
}

// components chooses a share of all, evenly over the alphabet, those that the
// bench changes and asks for always among them.
func (b *bench) components(share float64) (map[string]bool, error) {
	found, err := filepath.Glob(filepath.Join(b.release, "ci-operator", "config", "*", "*"))
	if err != nil {
		return nil, err
	}
	chosen := map[string]bool{"openshift/must-gather": true, "openshift/hypershift": true}
	const golden = 0.618034 // its multiples' fractions lie evenly in any part of the row
	for i, place := range found {
		if _, fraction := math.Modf(float64(i) * golden); fraction < share {
			chosen[filepath.Base(filepath.Dir(place))+"/"+filepath.Base(place)] = true
		}
	}
	return chosen, nil
}

// copyOf is where the copy of a component's file is: below another organization.
// Files that are of no configuration have none.
func copyOf(file, org string) string {
	dir, name := path.Split(file)
	if name == ".config.prowgen" {
		return strings.Replace(dir, "/"+org+"/", "/x-"+org+"/", 1) + name
	}
	if !strings.HasPrefix(name, org+"-") || path.Ext(name) != ".yaml" {
		return ""
	}
	return strings.Replace(dir, "/"+org+"/", "/x-"+org+"/", 1) + "x-" + name
}

// What a copy must not have in common with its original: the name at the end, and
// the images that it promotes.
var (
	metadataOrg = regexp.MustCompile(`(?m)^(zz_generated_metadata:(?:\n  .*)*?\n  org: ).*$`)
	promotion   = regexp.MustCompile(`(?m)^promotion:\n(?:[ -].*\n)*`)
)

// renamed is a configuration or job file of another organization.
func renamed(file string, content []byte, org, repo string) []byte {
	if strings.HasPrefix(file, "ci-operator/jobs/") {
		content = bytes.ReplaceAll(content, []byte("-ci-"+org+"-"), []byte("-ci-x-"+org+"-"))
		return bytes.ReplaceAll(content, []byte(org+"/"+repo), []byte("x-"+org+"/"+repo))
	}
	return promotion.ReplaceAll(metadataOrg.ReplaceAll(content, []byte("${1}x-"+org)), nil)
}

// costs are what many changes took.
type costs struct{ took, cpu []time.Duration }

func (c *costs) add(took, cpu time.Duration) {
	c.took, c.cpu = append(c.took, took), append(c.cpu, cpu)
}

func (c *costs) sort() { slices.Sort(c.took); slices.Sort(c.cpu) }

// measureGrowth measures what one changed configuration costs in repositories of
// several sizes: until it is served, and until its objects are made.
func (b *bench) measureGrowth(ctx context.Context) error {
	for _, each := range []struct {
		what  string
		start starting
	}{{"served", b.startServing}, {"generated", startMaking}} {
		costs, err := b.growth(ctx, each.start)
		if err != nil {
			return err
		}
		b.growthRows(each.what, costs)
	}
	return nil
}

// starting starts a process on a repository.
type starting func(ctx context.Context, repository string) (take taking, stop func(), err error)

// taking has a process take a change, the commit of some number, and says what that
// cost.
type taking func(commit string, number int) (took, cpu time.Duration, err error)

func (b *bench) startServing(ctx context.Context, repository string) (taking, func(), error) {
	r, err := b.startResolver(ctx, repository)
	if err != nil {
		return nil, nil, err
	}
	return func(commit string, number int) (time.Duration, time.Duration, error) {
		before := cpuOf(r.pid)
		took, err := configChange().serve(ctx, repository, r.address, commit, number)
		return took, cpuOf(r.pid) - before, err
	}, r.stop, nil
}

func startMaking(ctx context.Context, repository string) (taking, func(), error) {
	process, err := startGenerating(ctx, repository)
	if err != nil {
		return nil, nil, err
	}
	return func(commit string, _ int) (time.Duration, time.Duration, error) {
		cost, err := process.change(commit)
		return cost.all, cost.cpu, err
	}, process.stop, nil
}

// growth runs a process for each size, and changes each in turn, so that what else
// the machine does, and how fast it is just then, hits all alike.
func (b *bench) growth(ctx context.Context, start starting) ([]costs, error) {
	type sized struct {
		take    taking
		commits []string
	}
	var processes []sized
	var stops []func()
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for _, of := range sizes() {
		repository, err := b.repository(ctx, of)
		if err != nil {
			return nil, err
		}
		take, stop, err := start(ctx, repository)
		if err != nil {
			return nil, err
		}
		stops = append(stops, stop)
		commits, err := configChange().prepare(ctx, repository, growthChanges)
		if err != nil {
			return nil, err
		}
		processes = append(processes, sized{take, commits})
	}
	all := make([]costs, len(processes))
	for number := range growthChanges {
		for i, process := range processes {
			took, cpu, err := process.take(process.commits[number], number)
			if err != nil {
				return nil, err
			}
			all[i].add(took, cpu)
			if err := pause(ctx, settling); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// growthChanges is how often a change is made for its growth, which is about
// milliseconds.
const growthChanges = 60

// settling is how long a process is given to do what it puts off until a change
// is served, and what a collection of garbage began.
const settling = 150 * time.Millisecond

// growthRows prints what a change costs at each size, and how it grows.
func (b *bench) growthRows(what string, all []costs) {
	for i, of := range sizes() {
		c := &all[i]
		c.sort()
		row := fmt.Sprintf("one configuration changed of %s, %s", of.name, what)
		b.table.note(row+", processor time", float64(atPercent(c.cpu, 50).Nanoseconds()), "ns/op", 0)
		b.row(row, atPercent(c.took, 50), 0,
			fmt.Sprintf("fastest of %d %s; processor time: median %s, least %s", len(c.took), tenth(c.took[0]), tenth(atPercent(c.cpu, 50)), tenth(c.cpu[0])))
	}
	first, last := all[0], all[len(all)-1]
	ratio := func(of, to time.Duration) float64 { return float64(of) / float64(to) }
	b.ratio("one configuration changed, twice to a quarter, "+what, ratio(atPercent(last.took, 50), atPercent(first.took, 50)),
		fmt.Sprintf("fastest %.2f; processor time: median %.2f, least %.2f", ratio(last.took[0], first.took[0]),
			ratio(atPercent(last.cpu, 50), atPercent(first.cpu, 50)), ratio(last.cpu[0], first.cpu[0])))
}

// tenth rounds to tenths of milliseconds.
func tenth(took time.Duration) time.Duration { return took.Round(100 * time.Microsecond) }
