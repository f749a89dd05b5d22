package apply

import (
	"fmt"
	"strings"
	"time"
)

// ChangeSet is what applying a revision did to a target. Lists are sorted.
type ChangeSet struct {
	// Revision is what was applied.
	Revision string
	// Created were not there.
	Created []Identity
	// Adopted were there and somebody else's.
	Adopted []Identity
	// Updated were ours and differ now.
	Updated []Identity
	// Healed were ours and wanted as before, but somebody else had changed or deleted them.
	Healed []Identity
	// Deleted were ours and are not wanted any more.
	Deleted []Identity
	// Kept are not wanted any more, but protected from deletion.
	Kept []Identity
	// Paused are left as they are, because an annotation says so.
	Paused []Identity
	// Unchanged counts the others.
	Unchanged int
	// Duration is how long it took.
	Duration time.Duration
}

// Empty tells whether nothing was done.
func (c ChangeSet) Empty() bool {
	return len(c.Created)+len(c.Adopted)+len(c.Updated)+len(c.Healed)+len(c.Deleted) == 0
}

// String is the form for people: "3 created, 1 deleted, 20 unchanged".
func (c ChangeSet) String() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{len(c.Created), "created"},
		{len(c.Adopted), "adopted"},
		{len(c.Updated), "updated"},
		{len(c.Healed), "healed"},
		{len(c.Deleted), "deleted"},
		{len(c.Kept), "kept"},
		{len(c.Paused), "paused"},
		{c.Unchanged, "unchanged"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// with files an object under what was done with it. A write that changed nothing leaves it unchanged.
func (c ChangeSet) with(s step, changed bool) ChangeSet {
	switch {
	case s.verb == verbKeep:
		c.Kept = append(c.Kept, s.Identity)
	case s.verb == verbPause:
		c.Paused = append(c.Paused, s.Identity)
	case s.verb == verbDelete || s.verb == verbUndo:
		c.Deleted = append(c.Deleted, s.Identity)
	case s.verb == verbFine, s.verb.writes() && !changed:
		c.Unchanged++
	case s.verb == verbCreate:
		c.Created = append(c.Created, s.Identity)
	case s.verb == verbAdopt:
		c.Adopted = append(c.Adopted, s.Identity)
	case s.verb == verbHeal:
		c.Healed = append(c.Healed, s.Identity)
	case s.verb == verbUpdate:
		c.Updated = append(c.Updated, s.Identity)
	}
	return c
}
