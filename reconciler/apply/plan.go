package apply

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"
)

// presence is how an object is found in the cluster. The zero value says that it is not there.
type presence struct {
	uid             types.UID
	resourceVersion string
	leaving         bool // it is being deleted
	applied         bool // fields of it are ours, which nobody gets by copying labels
	steering
	owner   string // by its label; only namespaces of other owners' are looked for
	foreign bool   // owner is another
}

func (p presence) there() bool { return p.uid != "" }

// verb is what is to be done with an object.
type verb int

const (
	// verbCreate writes an object that is not ours yet. It turns into verbAdopt where somebody else's is found.
	verbCreate verb = iota
	verbAdopt
	// verbUpdate writes an object that is ours.
	verbUpdate
	// verbVerify finds out whether an object that somebody else has written is still as we want it. It turns into
	// verbHeal where it is not.
	verbVerify
	verbHeal
	// verbFine leaves an object that was verified.
	verbFine
	// verbDelete deletes what no revision wants any more.
	verbDelete
	// verbUndo deletes what an interrupted revision made.
	verbUndo
	// verbRestore gives back what an interrupted revision took over.
	verbRestore
	// verbForget drops an object that is gone already.
	verbForget
	// verbKeep leaves an object that is protected from deletion.
	verbKeep
	// verbPause leaves an object that is paused.
	verbPause
)

// writes tells whether the verb sends what is declared.
func (v verb) writes() bool { return v <= verbHeal }

// removes tells whether the verb takes something away.
func (v verb) removes() bool { return v == verbDelete || v == verbUndo || v == verbRestore }

// acts tells whether the verb changes the cluster.
func (v verb) acts() bool { return v.writes() || v.removes() }

// step is what is to be done with one object.
type step struct {
	Identity
	verb verb
	want declared // zero where verb.writes() is false
	have presence
	// before is the object of somebody else's that the step writes over, or gives back.
	before []byte
	// version is in which version to delete or give back.
	version string
	// late says that the server can judge the step only after earlier waves have been written.
	late bool
	// borrowed says that the object is as we want it, and that we may not write it.
	borrowed bool
	// foreseen says that the server cannot but accept the step.
	foreseen bool
}

func (s *step) wave() wave { return waveOf(s.groupKind()) }

// plan is what leads from what a cluster has to what a revision wants.
type plan struct {
	// steps are sorted by identity.
	steps []step
	// unchanged counts the objects that need no call at all.
	unchanged int
}

// makePlan compares. It calls nobody.
func makePlan(want []declared, known *inventory, live map[Identity]presence) plan {
	var p plan
	wanted := make(map[Identity]bool, len(want))
	for _, d := range want {
		wanted[d.Identity] = true
		p.write(d, known, live[d.Identity])
	}
	for id, e := range known.good {
		if !wanted[id] {
			p.steps = append(p.steps, drop(e, live[id]))
		}
	}
	for id, i := range known.intents {
		if _, good := known.good[id]; !good && !wanted[id] {
			p.steps = append(p.steps, takeBack(i, live[id]))
		}
	}
	slices.SortFunc(p.steps, func(a, b step) int { return compareIdentities(a.Identity, b.Identity) })
	return p
}

// write plans what is declared.
func (p *plan) write(d declared, known *inventory, have presence) {
	e, good := known.good[d.Identity]
	i, begun := known.intents[d.Identity]
	s := step{Identity: d.Identity, want: d, have: have, version: d.version, before: i.before}
	switch {
	case !good:
		s.verb = verbCreate
	case d.paused || have.paused:
		s.verb = verbPause
	case !e.fits(d) || begun:
		s.verb = verbUpdate
	case !have.there() || have.leaving:
		s.verb = verbHeal
	case newer(have.resourceVersion, e.ResourceVersion): // an older one is from before our own write
		s.verb = verbVerify
	default:
		p.unchanged++
		return
	}
	p.steps = append(p.steps, s)
}

// drop plans the end of a good object.
func drop(e entry, have presence) step {
	s := step{Identity: e.Identity, verb: verbDelete, have: have, version: e.Version}
	switch {
	case !have.there(), have.foreign:
		s.verb = verbForget
	case have.paused:
		s.verb = verbPause
	case have.prune == disabled || e.prune == disabled:
		s.verb = verbKeep
	}
	return s
}

// takeBack plans the end of what an interrupted revision did.
func takeBack(i intent, have presence) step {
	s := step{Identity: i.Identity, verb: verbUndo, have: have, version: i.Version, before: i.before}
	switch {
	case i.before != nil:
		s.verb = verbRestore
	case !have.there(), have.foreign:
		s.verb = verbForget
	}
	return s
}
