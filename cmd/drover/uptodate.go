package main

import (
	"bytes"
	"encoding/gob"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/memo"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// upToDate remembers from run to run which components' job files are as they would
// be made, by the content of all that they are made of and of the files themselves.
// Of a component whose files are to change nothing is remembered: what is written
// is always made. A nil upToDate remembers nothing.
type upToDate struct {
	store  *memo.Store
	key    memo.Key
	inputs render.Inputs

	mu sync.Mutex
	// last has the names of the jobs as an earlier run found them, next as this one
	// does.
	last, next map[memo.Key][]string
}

// openUpToDate opens what earlier runs of a kind found of a repository.
func openUpToDate(store *memo.Store, kind, repository string, repo *repolayout.Repo) *upToDate {
	place, err := filepath.Abs(repository)
	program := memo.Program()
	if store == nil || err != nil || program == "" {
		return nil
	}
	u := &upToDate{
		store: store, key: memo.NewKey("job files, "+kind, program, place), inputs: render.NewInputs(repo),
		next: map[memo.Key][]string{},
	}
	value, _ := store.Get(u.key)
	if gob.NewDecoder(bytes.NewReader(value)).Decode(&u.last) != nil {
		u.last = nil
	}
	return u
}

// without leaves out the components that are up to date, and tells of each, with the
// names of its jobs.
func (u *upToDate) without(all []render.Component, tell func(render.Component, []string)) []render.Component {
	if u == nil {
		return all
	}
	var others []render.Component
	for _, component := range all {
		key, ok := u.keyOf(component)
		jobs, known := u.last[key]
		if !ok || !known {
			others = append(others, component)
			continue
		}
		u.next[key] = jobs
		tell(component, jobs)
	}
	return others
}

// add remembers a component that is up to date.
func (u *upToDate) add(component render.Component, jobs []string) {
	if u == nil {
		return
	}
	key, ok := u.keyOf(component)
	if !ok {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.next[key] = jobs
}

// keyOf is false for a component of which not all content is known.
func (u *upToDate) keyOf(component render.Component) (memo.Key, bool) {
	contents, known := u.inputs.Of(component)
	return memo.NewKey(contents...), known
}

// keep keeps what was found for the next run, if that is something else.
func (u *upToDate) keep() {
	if u == nil || maps.EqualFunc(u.last, u.next, slices.Equal) {
		return
	}
	var value bytes.Buffer
	if gob.NewEncoder(&value).Encode(u.next) == nil {
		u.store.Put(u.key, value.Bytes())
	}
}
