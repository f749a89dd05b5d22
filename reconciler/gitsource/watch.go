package gitsource

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Poke has whoever watches look, as if the branch had moved. It returns at once
// and may be called at any time; of several pokes one is enough.
func (s *Source) Poke() {
	select {
	case s.poked <- struct{}{}:
	default: // a look is already due
	}
}

// Watch calls notify whenever the branch may have moved, until the context
// ends: at once for a local repository, at the source's interval, and when it is
// poked. Notify must return quickly; it may be called when
// nothing has changed. There may be one Watch at a time.
func (s *Source) Watch(ctx context.Context, notify func()) error {
	if s.clone != nil {
		tick(ctx, s.options.Interval, s.poked, notify)
		return nil
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", s.gitDir, err)
	}
	defer func() { _ = watcher.Close() }()
	if err := s.watchRefs(watcher); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var ticking sync.WaitGroup
	defer ticking.Wait()
	defer cancel()
	ticking.Go(func() { tick(ctx, s.options.Interval, s.poked, notify) })
	notify() // what moved before the watch began
	return s.forward(ctx, watcher, notify)
}

// watchRefs watches the folder of HEAD and packed-refs, and the folders of
// branches, which may be nested.
func (s *Source) watchRefs(watcher *fsnotify.Watcher) error {
	if err := watcher.Add(s.gitDir); err != nil {
		return fmt.Errorf("watch %s: %w", s.gitDir, err)
	}
	return watchFolders(watcher, filepath.Join(s.gitDir, "refs"))
}

// watchFolders watches a folder and those below it, if they are there.
func watchFolders(watcher *fsnotify.Watcher, dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !entry.IsDir()) {
			return nil
		}
		if err == nil {
			err = watcher.Add(path)
		}
		if err != nil {
			return fmt.Errorf("watch %s: %w", path, err)
		}
		return nil
	})
}

// forward turns file events into notifications. Git writes a lock file and
// renames it; the events of other files are of no interest.
func (s *Source) forward(ctx context.Context, watcher *fsnotify.Watcher, notify func()) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-watcher.Events:
			if !ok {
				return nil
			}
			if info, err := os.Stat(event.Name); err == nil && info.IsDir() && event.Has(fsnotify.Create) {
				_ = watchFolders(watcher, event.Name) // of branches; without it the interval is left
			}
			if filepath.Ext(event.Name) != ".lock" && !event.Has(fsnotify.Chmod) {
				notify()
			}
		case _, ok := <-watcher.Errors:
			if !ok {
				return nil
			}
			notify() // events were lost: look
		}
	}
}

// tick calls notify when it is poked and at an interval, a little earlier or
// later each time so that many watchers do not ask one server at once.
func tick(ctx context.Context, interval time.Duration, poked <-chan struct{}, notify func()) {
	for {
		jitter := time.Duration(rand.Int64N(int64(interval)/5 + 1)) //nolint:gosec // not a secret
		timer := time.NewTimer(interval - interval/10 + jitter)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-poked:
			timer.Stop()
		case <-timer.C:
		}
		notify()
	}
}
