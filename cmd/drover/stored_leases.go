package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/store"
	"github.com/drover-ci/drover/schema/rules"
)

// storedLeases is what a lease server stores, as a program sees it that is not
// that server. It only reads.
type storedLeases struct {
	store *store.Store
	// current says what is wanted.
	current func() *rules.Snapshot

	mu   sync.Mutex
	pool *leases.Pool
	read time.Time
}

// How long what was read is good for, and how long reading it may take.
const (
	storedFor    = 2 * time.Second
	readPatience = 10 * time.Second
)

// Report implements [page.Server].
func (s *storedLeases) Report(leaseType string) ([]leases.TypeReport, error) {
	var reports []leases.TypeReport
	err := s.look(func(pool *leases.Pool, now leases.Now) { reports = pool.Report(leaseType, now) })
	return reports, err
}

// Summary implements [page.Server].
func (s *storedLeases) Summary() ([]leases.TypeReport, error) {
	var reports []leases.TypeReport
	err := s.look(func(pool *leases.Pool, _ leases.Now) { reports = pool.Summary() })
	return reports, err
}

// look shows a pool with what is stored. What it would write nobody carries out.
func (s *storedLeases) look(show func(pool *leases.Pool, now leases.Now)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := leases.Now{Wall: time.Now()}
	if now.Wall.Sub(s.read) > storedFor {
		pool, err := s.load(now)
		if err != nil {
			return fmt.Errorf("see the leases: %w", err)
		}
		s.pool, s.read = pool, now.Wall
	}
	show(s.pool, now)
	return nil
}

func (s *storedLeases) load(now leases.Now) (*leases.Pool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readPatience)
	defer cancel()
	content, err := s.store.Load(ctx)
	if err != nil && !apierrors.IsNotFound(err) { // as where there never was a lease server
		return nil, err
	}
	pool := leases.New(leases.Options{NewID: func() string { return "unused" }})
	pool.Load(content, now)
	if snapshot := s.current(); snapshot != nil && len(snapshot.Valid.Repo.Quotas.Value.Quotas) > 0 {
		config, err := leaseConfig(snapshot.Valid.Repo.Quotas.Value)
		if err != nil {
			return nil, err
		}
		pool.Configure(config, now)
	}
	return pool, nil
}
