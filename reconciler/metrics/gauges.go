package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/reconciler"
)

// gauges are what is true of repositories now. Ages are reckoned when they are
// asked for, so that they grow while nothing happens.
type gauges struct {
	mu    sync.Mutex
	state map[string]*state
	now   func() time.Time
}

// state is what is true of a repository.
type state struct {
	known     bool      // a pass has ended
	committed time.Time // of the revision in force; zero if it is not known
	behind    time.Time // since when a newer revision waits; zero if none does
	ready     float64   // 1 or 0
	problems  int
	held      int
	heldSince time.Time
	owned     int
	sick      int
	pending   int
	watched   bool
	targets   map[string]float64 // whether the newest is in force there: 1 or 0
}

func newGauges() *gauges { return &gauges{state: map[string]*state{}, now: time.Now} }

func (g *gauges) add(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state[name] = &state{}
}

func (g *gauges) remove(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.state, name)
}

// pass takes over how a pass ended.
func (g *gauges) pass(name string, status reconciler.Status, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.state[name]
	if s == nil {
		return // it has been forgotten meanwhile
	}
	s.known = true
	if !status.Applied.Time.IsZero() {
		s.committed = status.Applied.Time
	}
	switch {
	case status.Progress != nil: // no pass has ended
	case status.Err == nil:
		s.ready = 1
	default:
		s.ready = 0
	}
	s.sick, s.pending, s.watched = len(status.Health.Sick), len(status.Health.Pending), status.Health.Watched
	s.problems = len(status.Problems)
	s.held, s.heldSince = len(status.Held), time.Time{}
	for _, held := range status.Held {
		if s.heldSince.IsZero() || held.Since.Before(s.heldSince) {
			s.heldSince = held.Since
		}
	}
	s.targets = map[string]float64{}
	for _, target := range status.Targets {
		s.targets[target.Name] = 0
		if target.Err == nil && target.Applied.Hash == target.Attempted.Hash {
			s.targets[target.Name] = 1
		}
	}
	s.follow(status, now)
	if status.Stage == reconciler.Done {
		c := status.Changes
		s.owned = len(c.Created) + len(c.Adopted) + len(c.Updated) + len(c.Healed) + len(c.Kept) + len(c.Paused) + c.Unchanged
	}
}

// follow takes note of since when something newer than what is applied has been seen.
func (s *state) follow(status reconciler.Status, now time.Time) {
	switch {
	case status.Observed.Hash == "" || status.Observed.Hash == status.Applied.Hash:
		s.behind = time.Time{}
	case s.behind.IsZero():
		s.behind = now
	}
}

// reading is a gauge: what it is called, and how it is read.
type reading struct {
	describe *prometheus.Desc
	read     func(*state, time.Time) (value float64, ok bool)
}

func read(name, help string, value func(*state, time.Time) (float64, bool)) reading {
	return reading{prometheus.NewDesc(name, help, []string{byRepository}, nil), value}
}

// since is a time's age in seconds; of none, 0.
func since(t, now time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, now.Sub(t).Seconds())
}

func readings() []reading {
	return []reading{
		read("drover_revision_age_seconds", "Time since the revision in force was committed, in seconds.",
			func(s *state, now time.Time) (float64, bool) { return since(s.committed, now), !s.committed.IsZero() }),
		read("drover_revision_behind_seconds",
			"Time since a revision was seen that is not in force yet, in seconds; 0 where the newest is.",
			func(s *state, now time.Time) (float64, bool) { return since(s.behind, now), s.known }),
		read("drover_repository_ready", "Whether the last pass over the repository ended well: 1 or 0.",
			func(s *state, _ time.Time) (float64, bool) { return s.ready, s.known }),
		read("drover_problems", "Problems of the newest revision.",
			func(s *state, _ time.Time) (float64, bool) { return float64(s.problems), s.known }),
		read("drover_held_units", "Units that are held back at an earlier revision because of problems.",
			func(s *state, _ time.Time) (float64, bool) { return float64(s.held), s.known }),
		read("drover_held_unit_age_seconds", "Time since the unit was held back that has been for longest, in seconds; 0 where none is.",
			func(s *state, now time.Time) (float64, bool) { return since(s.heldSince, now), s.known }),
		read("drover_owned_objects", "Objects in the cluster that the revision in force declares.",
			func(s *state, _ time.Time) (float64, bool) { return float64(s.owned), s.known }),
		read("drover_unhealthy_objects", "Objects in force that do not work.",
			func(s *state, _ time.Time) (float64, bool) { return float64(s.sick), s.watched }),
		read("drover_pending_objects", "Objects in force that are not up yet.",
			func(s *state, _ time.Time) (float64, bool) { return float64(s.pending), s.watched }),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, r := range readings() {
		out <- r.describe
	}
	out <- targetReady()
}

func targetReady() *prometheus.Desc {
	return prometheus.NewDesc("drover_target_ready",
		"Whether what was applied last to another target than the home is in force there: 1 or 0.", []string{byRepository, "target"}, nil)
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	for name, s := range g.state {
		for _, r := range readings() {
			if value, ok := r.read(s, now); ok {
				out <- prometheus.MustNewConstMetric(r.describe, prometheus.GaugeValue, value, name)
			}
		}
		for target, ready := range s.targets {
			out <- prometheus.MustNewConstMetric(targetReady(), prometheus.GaugeValue, ready, name, target)
		}
	}
}
