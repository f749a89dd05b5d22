package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// Drift is something that happened to an object of ours while no revision was applied.
type Drift struct {
	// Object is which.
	Object Identity
	// Source is the file of the repository that declares it.
	Source string
	// Outcome is what was done.
	Outcome Outcome
	// Err is why the object could not be put right; nil unless Outcome is [Failed].
	Err error
	// Pause is how long the object is left alone; zero if Outcome is [Healed].
	Pause time.Duration
}

// Outcome is what was done about a drift.
type Outcome string

// The outcomes.
const (
	// Healed: the object is as the revision wants it again.
	Healed Outcome = "healed"
	// Fought: somebody changes it again and again, more than five times a minute, and it is left alone for a while.
	Fought Outcome = "fought"
	// Failed: the server did not let us put it right; it is tried again after a pause.
	Failed Outcome = "failed"
)

// healPatience is how long the server may take to put one object right.
const healPatience = 10 * time.Second

// heal puts an object right, if somebody else has changed a field of ours or deleted it. It gives how long to wait before
// looking at it again; zero for not before something happens to it.
func (w *watcher) heal(ctx context.Context, id Identity) time.Duration {
	w.mu.RLock()
	defer w.mu.RUnlock()
	e, have, ok := w.drifted(id)
	if !ok {
		w.overcome(id)
		return 0
	}
	now := w.clock.Now()
	if pause, begins := w.fights.ask(id, now); pause > 0 {
		if begins {
			w.stir()
			w.report(Drift{Object: id, Source: e.Source, Outcome: Fought, Pause: pause})
		}
		return pause
	}
	changed, err := w.putRight(ctx, e, have)
	switch {
	case apierrors.IsConflict(err): // it has changed once more, which will be told
		return 0
	case err != nil && ctx.Err() == nil:
		pause := w.failures.When(id)
		if w.troubles.note(id, err) {
			w.stir()
		}
		w.report(Drift{Object: id, Source: e.Source, Outcome: Failed, Err: err, Pause: pause})
		return pause
	case changed:
		w.fights.note(id, now)
		w.report(Drift{Object: id, Source: e.Source, Outcome: Healed})
	}
	w.overcome(id)
	return 0
}

// overcome notes that nothing keeps an object from being put right.
func (w *watcher) overcome(id Identity) {
	w.failures.Forget(id)
	if w.troubles.note(id, nil) {
		w.stir()
	}
}

// drifted gives the object as it should be and as it is seen, if these may differ.
func (w *watcher) drifted(id Identity) (entry, presence, bool) {
	if w.known == nil || w.known.interrupted() {
		return entry{}, presence{}, false // who goes on with the revision, or takes it back, sees to it
	}
	w.noting.Lock()
	e, ok := w.known.good[id]
	w.noting.Unlock()
	have, seen := w.see(id)
	switch {
	case !ok, e.Kept, e.Borrowed, e.body == nil, !seen:
		return entry{}, presence{}, false
	case have.there() && !newer(have.resourceVersion, e.ResourceVersion):
		return entry{}, presence{}, false
	case have.leaving, have.paused, e.paused:
		return entry{}, presence{}, false
	}
	return e, have, true
}

// newer tells whether an object seen at one version has changed since another. Versions that cannot be compared have
// unless they are the same.
func newer(seen, recorded string) bool {
	order, err := resourceversion.CompareResourceVersion(seen, recorded)
	if err != nil {
		return seen != recorded
	}
	return order > 0
}

// putRight applies an object once more. The server itself says whether that made a difference: if not, the object
// keeps its resourceVersion. An object that has changed meanwhile gives a conflict.
func (w *watcher) putRight(ctx context.Context, e entry, have presence) (changed bool, err error) {
	at, err := w.kinds.find(e.groupKind().WithVersion(e.Version))
	if err != nil {
		return false, err
	}
	d := e.declared(at)
	if d.body, err = expecting(e.body, have.resourceVersion); err != nil {
		return false, fmt.Errorf("put %s right: %w", e.Identity, err)
	}
	ctx, cancel := context.WithTimeout(ctx, healPatience)
	defer cancel()
	if !have.there() || have.foreign {
		if foreign, err := w.ofAnother(ctx, d); foreign || err != nil {
			return false, err
		}
	}
	got, err := w.cluster.applyOnce(ctx, d, false)
	if err != nil && !errors.Is(err, errLeaving) {
		return false, fmt.Errorf("put %s right: %w", e.Identity, err)
	}
	// An object that the watch lost sight of, and has not seen come back, is looked at twice: it was right the second time.
	changed = got.resourceVersion != have.resourceVersion && got.resourceVersion != e.ResourceVersion
	e.ResourceVersion = got.resourceVersion
	w.noting.Lock()
	w.known.good[e.Identity] = e
	w.noting.Unlock()
	return changed, nil
}

// expecting makes an object's body fail if the object is not at that version; an empty version leaves it as it is.
func expecting(body []byte, resourceVersion string) ([]byte, error) {
	if resourceVersion == "" {
		return body, nil
	}
	object := new(unstructured.Unstructured)
	if err := object.UnmarshalJSON(body); err != nil {
		return nil, err
	}
	object.SetResourceVersion(resourceVersion)
	return object.MarshalJSON()
}
