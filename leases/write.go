package leases

// Kind says what a write does.
type Kind int

// The kinds of writes.
const (
	// Create makes Write.After; its Version is not set.
	Create Kind = iota + 1
	// Patch turns Write.Before into Write.After, if it has the version of Before
	// still.
	Patch
	// Delete removes Write.Before, if it has that version still.
	Delete
	// SaveLifecycle makes or changes Write.Lifecycle, if its version is zero or
	// still that.
	SaveLifecycle
	// DeleteLifecycle removes Write.Lifecycle, if it has that version still.
	DeleteLifecycle
)

// Write is something to do in the cluster. It must be reported back with
// [Pool.Complete], whatever became of it.
type Write struct {
	Kind          Kind
	Before, After Resource
	Lifecycle     Lifecycle

	entry *entry
	op    *op
}

// Outcome is what became of a write.
type Outcome int

// The outcomes of writes.
const (
	// Stored: it was done. Result has the object with its new version; for a
	// deletion, nothing.
	Stored Outcome = iota + 1
	// Conflict: the object was not as expected. Result has it as it is now, or
	// says that it is gone.
	Conflict
	// Failed: it was not done, or nobody can tell; Err says why.
	Failed
)

// Result reports what became of a write.
type Result struct {
	Outcome   Outcome
	Resource  Resource
	Lifecycle Lifecycle
	// Gone says that there is no such object.
	Gone bool
	Err  error
}

// Landed says whether a resource as it is now in the cluster is what a write
// was to make of it. It is for writes whose answer was lost.
func (w *Write) Landed(current *Resource) bool {
	return w.Kind != Delete && current.same(&w.After)
}

// attempts is how often a write is tried while others change the resource.
const attempts = 20

// op is an operation on one resource. Operations on a resource follow one
// another.
type op struct {
	// plan says what is to become of a resource, or why nothing is. It is asked
	// again if the resource has changed. It gets nil if there is none.
	plan func(current *Resource, now Now) (Resource, error)
	// done gets what was stored, or the reason why nothing was.
	done func(stored Resource, err error, now Now)
	// remove says that the resource is to be deleted.
	remove bool
	tries  int
}

// Outbox gives the writes that are to be carried out, and forgets them.
func (p *Pool) Outbox() []*Write {
	out := p.outbox
	p.outbox = nil
	return out
}

// enqueue adds an operation to those of a resource.
func (p *Pool) enqueue(e *entry, o *op, now Now) {
	e.queue = append(e.queue, o)
	p.advance(e, now)
}

// advance starts the next operation of a resource that has none under way; one
// with nothing to do is brought to where it belongs.
func (p *Pool) advance(e *entry, now Now) {
	for e.write == nil && len(e.queue) > 0 {
		next := e.queue[0]
		e.queue = e.queue[1:]
		var current *Resource
		if !e.gone {
			current = &e.Resource
		}
		after, err := next.plan(current, now)
		if err != nil {
			next.done(Resource{}, err, now)
			continue
		}
		p.unlist(e)
		e.write = &Write{Kind: Patch, Before: e.Resource, After: after, entry: e, op: next}
		if next.remove {
			e.write.Kind = Delete
		}
		p.outbox = append(p.outbox, e.write)
	}
	if e.write == nil && !e.gone {
		p.settle(e, now)
	}
}

// Complete takes in what became of a write.
func (p *Pool) Complete(w *Write, result Result, now Now) {
	switch w.Kind {
	case SaveLifecycle, DeleteLifecycle:
		p.completeLifecycle(w, result, now)
		return
	case Create:
		defer p.created(w.After.Type, now)
	case Patch, Delete:
	}
	e := w.entry
	if e.write != w {
		return // this pool never asked for it
	}
	e.write = nil
	switch result.Outcome {
	case Stored:
		p.stored(e, w, result, now)
	case Conflict:
		p.conflicted(e, w, result, now)
	default:
		p.failed(e, w, result, now)
	}
}

func (p *Pool) stored(e *entry, w *Write, result Result, now Now) {
	if w.Kind == Delete {
		p.drop(e, now)
		w.op.done(Resource{}, nil, now)
		p.replace(e, now)
		return
	}
	if result.Resource.Version >= e.Version && !e.gone {
		p.take(e, result.Resource, now)
	}
	if w.op != nil {
		w.op.done(result.Resource, nil, now)
	}
	p.advance(e, now)
	if w.Kind == Create || w.Before.held() && w.Before.Owner != w.After.Owner {
		p.freed(p.class(w.After.Type), now)
	}
}

// conflicted plans an operation anew on the resource as it is.
func (p *Pool) conflicted(e *entry, w *Write, result Result, now Now) {
	switch {
	case result.Gone:
		p.drop(e, now)
	case result.Resource.Version >= e.Version && !e.gone:
		p.take(e, result.Resource, now)
	}
	if w.op != nil {
		w.op.tries++
		if w.op.tries >= attempts {
			w.op.done(Resource{}, ErrContended, now)
		} else {
			e.queue = append([]*op{w.op}, e.queue...)
		}
	}
	p.advance(e, now)
	if e.gone {
		p.replace(e, now)
	}
}

// failed gives up an operation. Nobody knows what is stored; if it is not what
// the pool thinks, the next write conflicts and tells.
func (p *Pool) failed(e *entry, w *Write, result Result, now Now) {
	e.retry = now.Up + retryAfter
	if w.Kind == Create {
		p.drop(e, now)
		p.later(func(now Now) { p.replace(e, now) }, now)
		return
	}
	w.op.done(Resource{}, result.Err, now)
	p.advance(e, now)
	p.later(func(now Now) { p.advance(e, now) }, now)
}

// replace makes anew what is gone and still wanted.
func (p *Pool) replace(e *entry, now Now) {
	if p.wanted == nil {
		return
	}
	p.createStatic(e.Name, now)
	p.refill(e.Type, now)
	p.freed(p.class(e.Type), now)
}

// later does something in a while.
func (p *Pool) later(do func(now Now), now Now) {
	p.postponed = append(p.postponed, postponed{due: now.Up + retryAfter, do: do})
}
