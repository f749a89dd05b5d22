package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/internal/controlplane"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/configrepo"
)

// wholeSystem is a running `drover up`.
type wholeSystem struct {
	*running

	data    string
	process *exec.Cmd
	ended   chan error
	endpoints

	mu   sync.Mutex
	said bytes.Buffer
	// landed are the revisions that the log says are in force, by short hashes.
	landed map[string]landing
	// applied is when the ConfigRepo said that a revision is in force, by hash.
	applied map[string]time.Time
}

// endpoints is what endpoints.json says.
type endpoints struct {
	Resolver   string `json:"resolver"`
	Leases     string `json:"leases"`
	Kubeconfig string `json:"kubeconfig"`
}

// landing is the end of a pass, and how long it took.
type landing struct {
	at   time.Time
	took time.Duration
}

// startUp starts the whole program on a data folder, given its other flags, and
// waits until everything is in force.
func (b *bench) startUp(ctx context.Context, data string, flags ...string) (*wholeSystem, error) {
	command := exec.CommandContext(ctx, b.drover, append([]string{"up", "--data", data, "--listen", "127.0.0.1:0", "--leases", "127.0.0.1:0"}, flags...)...)
	command.Env = append(b.environment(), controlplane.ProgramVariable+"="+b.localcluster)
	s := &wholeSystem{data: data, process: command, ended: make(chan error, 1), landed: map[string]landing{}, applied: map[string]time.Time{}}
	log, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := os.Remove(s.whereabouts()); err != nil && !errors.Is(err, fs.ErrNotExist) { // an earlier one's
		return nil, err
	}
	start := time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	s.running = &running{pid: command.Process.Pid}
	go func() { s.read(log); s.ended <- command.Wait() }()
	err = until(ctx, func() bool { _, err := os.Stat(s.whereabouts()); return err == nil })
	s.ready = time.Since(start)
	if err == nil {
		err = s.find()
	}
	if err != nil {
		s.mu.Lock()
		err = fmt.Errorf("%w: %s", err, s.said.String())
		s.mu.Unlock()
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

// whereabouts is where `up` writes where its parts are, which it does when
// everything is in force.
func (s *wholeSystem) whereabouts() string { return filepath.Join(s.data, "endpoints.json") }

func (s *wholeSystem) find() error {
	content, err := os.ReadFile(s.whereabouts())
	if err == nil {
		err = json.Unmarshal(content, &s.endpoints)
	}
	s.address = s.Resolver
	return err
}

func (s *wholeSystem) end() error {
	return errors.Join(s.process.Process.Signal(syscall.SIGTERM), <-s.ended)
}

// read reads the log.
func (s *wholeSystem) read(log io.Reader) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		s.mu.Lock()
		fmt.Fprintln(&s.said, lines.Text())
		if strings.Contains(lines.Text(), ` msg="revision applied" `) {
			at, _ := time.Parse(time.RFC3339, valueIn(lines.Text(), "time"))
			took, _ := time.ParseDuration(valueIn(lines.Text(), "took"))
			s.landed[valueIn(lines.Text(), "revision")] = landing{at, took}
		}
		s.mu.Unlock()
	}
}

// valueIn is the value of a key in a line of the log.
func valueIn(line, key string) string {
	_, rest, _ := strings.Cut(" "+line, " "+key+"=")
	value, _, _ := strings.Cut(rest, " ")
	return value
}

// follow notes what the ConfigRepo says, until the context ends.
func (s *wholeSystem) follow(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig)
	if err != nil {
		return err
	}
	informer, err := configrepo.NewInformer(config, "", 0)
	if err != nil {
		return err
	}
	note := func(object any) {
		repo, err := configrepo.FromObject(object)
		if err != nil {
			return // it is never seen then
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.applied[repo.Status.AppliedRevision].IsZero() {
			s.applied[repo.Status.AppliedRevision] = time.Now()
		}
	}
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: note, UpdateFunc: func(_, object any) { note(object) }})
	if err != nil {
		return err
	}
	go informer.RunWithContext(ctx)
	return until(ctx, informer.HasSynced)
}

// inForce says when a revision was in force: as the log says, with how long the
// pass took, and as the ConfigRepo does.
func (s *wholeSystem) inForce(hash string) (landed landing, applied time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	landed, applied = s.landed[hash[:10]], s.applied[hash]
	return landed, applied, !landed.at.IsZero() && !applied.IsZero()
}

// stages are how long all passes together were at each.
func (s *wholeSystem) stages(ctx context.Context) map[reconciler.Stage]time.Duration {
	all := map[reconciler.Stage]time.Duration{}
	for line := range strings.Lines(get(ctx, s.Resolver+"/metrics")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		labels, ok := strings.CutPrefix(name, "drover_stage_duration_seconds_sum{")
		if !ok {
			continue
		}
		_, stage, _ := strings.Cut(labels, `stage="`)
		seconds, _ := strconv.ParseFloat(value, 64)
		all[reconciler.Stage(strings.TrimSuffix(stage, `"`))] = time.Duration(seconds * float64(time.Second))
	}
	return all
}

// measureStages measures how long it takes from a commit until it is validated,
// generated, served, and in force in a cluster, for changes that reach much and
// little.
func (b *bench) measureStages(ctx context.Context) error {
	steps, err := b.stepChanges(ctx)
	if err != nil {
		return err
	}
	repository, err := b.repository(ctx, whole())
	if err != nil {
		return err
	}
	s, err := b.startUp(ctx, filepath.Join(b.work, "changing"), "--repo", repository)
	if err != nil {
		return err
	}
	err = s.follow(ctx)
	for _, c := range slices.Concat([]change{configChange()}, steps, []change{quotaChange()}) {
		if err == nil {
			err = b.measureStagesOf(ctx, s, repository, c)
		}
	}
	return errors.Join(err, s.end())
}

// measureStagesOf measures one change. The server says how long each stage took
// and, by the end of the pass and its length, when it had noticed the commit.
func (b *bench) measureStagesOf(ctx context.Context, s *wholeSystem, repository string, c change) error {
	commits, err := c.prepare(ctx, repository, changes)
	if err != nil {
		return err
	}
	address := s.Resolver
	if c.ofLeases {
		address = s.Leases
	}
	var noticed, validated, generated, sent, served, applied []time.Duration
	for i, hash := range commits {
		if err := pause(ctx, settling); err != nil {
			return err
		}
		before, committed := s.stages(ctx), time.Now()
		took, err := c.serve(ctx, repository, address, hash, i)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		var landed landing
		var said time.Time
		if err := until(ctx, func() (ok bool) { landed, said, ok = s.inForce(hash); return ok }); err != nil {
			return fmt.Errorf("%s: wait for it to be in force: %w", c.what, err)
		}
		after := s.stages(ctx)
		at := max(0, landed.at.Sub(committed)-landed.took)
		noticed = append(noticed, at)
		for _, stage := range []reconciler.Stage{reconciler.Fetch, reconciler.Load, reconciler.Validate} {
			at += after[stage] - before[stage]
		}
		validated = append(validated, at)
		at += after[reconciler.Generate] - before[reconciler.Generate]
		generated = append(generated, at)
		sent = append(sent, after[reconciler.Apply]-before[reconciler.Apply])
		served, applied = append(served, took), append(applied, said.Sub(committed))
	}
	b.stageRow(c, "validated", validated, "noticed after "+medianOf(noticed).String())
	b.stageRow(c, "generated", generated, "")
	b.stageRow(c, "served", served, "to apply takes "+medianOf(sent).String())
	b.stageRow(c, "applied", applied, fmt.Sprintf("as the cluster says; %d MB", memoryOf(s.pid)>>20))
	return nil
}

func medianOf(all []time.Duration) time.Duration {
	slices.Sort(all)
	return tenth(atPercent(all, 50))
}

func (b *bench) stageRow(c change, stage string, all []time.Duration, remark string) {
	median := medianOf(all)
	remark = strings.TrimSuffix(fmt.Sprintf("median of %d, fastest %s, p99 %s; %s", len(all), tenth(all[0]), tenth(atPercent(all, 99)), remark), "; ")
	b.row(fmt.Sprintf("up, %s, to %s", c.what, stage), median, 0, remark)
}
