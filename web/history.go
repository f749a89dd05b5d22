package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/drover-ci/drover/internal/longlist"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// maxHistory is how many revisions are remembered, and maxChanges how many
// changed files of each are named.
const (
	maxHistory = 20
	maxChanges = 12
)

// history is what the site has been told since the process started.
type history struct {
	mu     sync.Mutex
	status reconciler.Status
	at     time.Time
	past   []revision
	// snapshot is the one in force at the last report, to compare with.
	snapshot *rules.Snapshot
}

// revision is one that came into force or was refused.
type revision struct {
	Hash, Subject string
	Committed, At time.Time
	Refused       bool
	Problems      int
	// Held is how many units were held back.
	Held int
	// First says that there was none before to compare it with.
	First bool
	// Changed are the files that differ from the revision before, and More counts
	// those that are not named.
	Changed []change
	More    int
	// Cluster is what was done to the cluster.
	Cluster string
}

// change is what happened to one file.
type change struct {
	Verb, Name, URL string
}

// Report implements [reconciler.Reporter].
func (s *Site) Report(_ context.Context, status reconciler.Status) error {
	s.history.report(status, s.current(), time.Now())
	s.Changed()
	return nil
}

func (h *history) report(status reconciler.Status, current *rules.Snapshot, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status, h.at = status, now
	if status.Progress != nil {
		return // what is in force is not of this revision yet
	}
	switch {
	case status.Refused:
		h.add(revision{Refused: true, Problems: len(status.Problems)}, status, now)
	case status.Stage == reconciler.Done && current != nil && current != h.snapshot:
		entry := revision{First: h.snapshot == nil, Held: len(status.Held)}
		if !entry.First {
			entry.Changed, entry.More = changesBetween(h.snapshot.Repo, current.Repo)
		}
		if !status.Changes.Empty() {
			entry.Cluster = status.Changes.String()
		}
		h.add(entry, status, now)
	}
	h.snapshot = current
}

// attemptedOf is the revision that a pass was about.
func attemptedOf(status reconciler.Status) gitsource.Revision {
	if status.Attempted.Hash != "" {
		return status.Attempted
	}
	return status.Observed
}

// add notes a revision, unless it is the one that was noted last.
func (h *history) add(entry revision, status reconciler.Status, now time.Time) {
	attempted := attemptedOf(status)
	entry.Hash, entry.Subject = attempted.Hash, attempted.Subject
	entry.Committed, entry.At = attempted.Time, now
	if len(h.past) > 0 && h.past[0].Hash == entry.Hash && h.past[0].Refused == entry.Refused {
		return
	}
	h.past = slices.Insert(h.past, 0, entry)
	h.past = h.past[:min(len(h.past), maxHistory)]
}

// now gives the last status, when it was reported, and the revisions, the newest
// first.
func (h *history) now() (reconciler.Status, time.Time, []revision) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status, h.at, slices.Clone(h.past)
}

// changesBetween lists the documents that differ between two revisions.
func changesBetween(before, after *repolayout.Repo) (changes []change, more int) {
	c := &comparison{}
	compareDocs(c, longlist.Differences(before.Configs, after.Configs), func(v *schema.Config) link { return link{v.Metadata.String(), configURL(v.Metadata)} })
	compareDocs(c, repolayout.Differences(before.Workflows, after.Workflows), func(v *schema.RegistryWorkflow) link {
		return componentLink(resolver.KindWorkflow, v.As)
	})
	compareDocs(c, repolayout.Differences(before.Chains, after.Chains), func(v *schema.RegistryChain) link {
		return componentLink(resolver.KindChain, v.As)
	})
	compareDocs(c, repolayout.Differences(before.Refs, after.Refs), func(v *schema.RegistryRef) link {
		return componentLink(resolver.KindStep, v.As)
	})
	compareDocs(c, repolayout.Differences(before.Observers, after.Observers), func(v *schema.RegistryObserver) link {
		return componentLink(resolver.KindObserver, v.Name)
	})
	if before.Profiles.ID != after.Profiles.ID {
		c.add("changed", link{"cluster profiles", "/quotas#profiles"})
	}
	if before.Quotas.ID != after.Quotas.ID {
		c.add("changed", link{"quotas", pathQuotas})
	}
	if before.Settings.ID != after.Settings.ID {
		c.add("changed", link{repolayout.SettingsFile, sourceURL(repolayout.SettingsFile, 0)})
	}
	return c.changes, c.more
}

func componentLink(kind resolver.Kind, name string) link {
	component := resolver.Component{Kind: kind, Name: name}
	return link{component.String(), componentURL(component)}
}

type comparison struct {
	changes []change
	more    int
}

func (c *comparison) add(verb string, what link) {
	if len(c.changes) == maxChanges {
		c.more++
		return
	}
	if verb == "removed" {
		what.URL = ""
	}
	c.changes = append(c.changes, change{verb, what.Name, what.URL})
}

// compareDocs adds the documents in which two lists differ. One whose id is the same
// is the same.
func compareDocs[T any](c *comparison, differences []longlist.Difference[*repolayout.Doc[T]], name func(*T) link) {
	for _, each := range differences {
		switch {
		case each.After == nil:
			c.add("removed", name(each.Before.Value))
		case each.Before == nil:
			c.add("added", name(each.After.Value))
		case each.Before.ID != each.After.ID:
			c.add("changed", name(each.After.Value))
		}
	}
}
