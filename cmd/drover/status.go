package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/configrepo"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/reconciler/metrics"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// statusReporter keeps the ConfigRepo object true to what the reconciler does.
type statusReporter struct {
	writer *configrepo.Writer
}

// ensureNamespace makes the namespace of Drover's own objects where it is not there yet.
func ensureNamespace(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: systemNamespace}}
	_, err = client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("make namespace %s: %w", systemNamespace, err)
	}
	return nil
}

// newStatusReporter puts the definition and the object into the cluster where
// they are not there yet.
func newStatusReporter(ctx context.Context, config *rest.Config, spec configrepo.Spec) (*statusReporter, error) {
	if err := configrepo.Install(ctx, config); err != nil {
		return nil, err
	}
	writer, err := configrepo.NewWriter(config, systemNamespace, objectName)
	if err != nil {
		return nil, err
	}
	return &statusReporter{writer: writer}, writer.Ensure(ctx, spec)
}

// Report implements reconciler.Reporter.
func (r *statusReporter) Report(ctx context.Context, status reconciler.Status) error {
	object, err := r.writer.Read(ctx)
	if err != nil {
		return err
	}
	return r.writer.Report(ctx, nextStatus(object.Status, status))
}

// nextStatus is what is said after a pass.
func nextStatus(next configrepo.Status, status reconciler.Status) configrepo.Status {
	next.Conditions = nil // those that are not set stay as they are
	if status.Observed.Hash != "" {
		next.ObservedRevision, next.LastAttempted = status.Observed.Hash, status.Attempted.Hash
	}
	if status.Applied.Hash != "" {
		next.AppliedRevision = status.Applied.Hash
	}
	next.Suspended, next.LastSync, next.RolledBackTo = status.Orders.Suspend, status.Orders.Sync, status.Orders.Rollback
	next.Targets = targetsOf(status.Targets)
	if status.Stage == "" {
		return next // nothing has been looked at yet
	}
	next.SetProblems(status.Problems)
	next.SetHeld(heldOf(status.Held))
	setConditions(&next, status)
	setHealth(&next, status.Health)
	if status.Stage == reconciler.Done && !recorded(next, status) {
		next.Record(appliedOf(status))
	}
	return next
}

// recorded says whether the history tells of an apply already: one that changed
// nothing is told of once for its revision, and a pass is told of again when
// another target has landed.
func recorded(next configrepo.Status, status reconciler.Status) bool {
	if len(next.History) == 0 || next.History[0].Revision != status.Applied.Hash {
		return false
	}
	return status.Changes.Empty() || slices.Equal(next.History[0].Objects, objectsOf(status.Changes)) &&
		next.History[0].Took == tookOf(status.Changes)
}

func tookOf(changes apply.ChangeSet) schema.Duration {
	return schema.Duration(changes.Duration.Round(time.Millisecond))
}

// decided is a condition, the stages that decide it, and what is said when it
// is good.
type decided struct {
	condition string
	stages    []reconciler.Stage
	good      string
}

// decidedInOrder are the conditions in the order of their stages.
func decidedInOrder() []decided {
	return []decided{
		{configrepo.Fetched, []reconciler.Stage{reconciler.Fetch, reconciler.Load}, "the newest revision was read"},
		{configrepo.Valid, []reconciler.Stage{reconciler.Validate, reconciler.Generate}, "the newest revision has no problems"},
		{configrepo.AppliedCondition, []reconciler.Stage{reconciler.Apply}, "the newest revision is in force"},
	}
}

// setConditions: what came before the stage at which a pass ended is good, and
// of what would have come after it nothing is known, so that it stays.
func setConditions(next *configrepo.Status, status reconciler.Status) {
	for _, each := range decidedInOrder() {
		if slices.Contains(each.stages, status.Stage) && status.Err != nil {
			next.Set(each.condition, metav1.ConditionFalse, string(status.Stage)+"Failed", status.Err.Error())
			if status.Refused || each.condition == configrepo.AppliedCondition {
				next.Set(configrepo.AppliedCondition, metav1.ConditionFalse, "NotApplied", "the newest revision is not in force: "+status.Err.Error())
			}
			return
		}
		if each.condition == configrepo.AppliedCondition && status.Progress != nil {
			next.Set(each.condition, metav1.ConditionUnknown, "Progressing", status.Progress.String())
			return
		}
		next.Set(each.condition, metav1.ConditionTrue, "Succeeded", each.good)
		if each.condition == configrepo.Valid && len(status.Held) > 0 {
			next.Set(configrepo.Valid, metav1.ConditionFalse, "UnitsHeld", heldUnitsMessage(status.Held))
		}
	}
}

// setHealth says how what is in force does, where that is known.
func setHealth(next *configrepo.Status, health apply.Health) {
	switch {
	case !health.Watched:
	case len(health.Sick) > 0:
		next.Set(configrepo.Healthy, metav1.ConditionFalse, "ObjectsFailed", health.String())
	case len(health.Pending) > 0:
		next.Set(configrepo.Healthy, metav1.ConditionUnknown, "Progressing", health.String())
	default:
		next.Set(configrepo.Healthy, metav1.ConditionTrue, "Succeeded", health.String())
	}
}

// heldUnitsMessage says in one line what is held back.
func heldUnitsMessage(held []reconciler.Held) string {
	first := held[0]
	message := fmt.Sprintf("%d units are held back, the rest is in force; %s: %s", len(held), first.Unit, reasonOf(first))
	if len(held) == 1 {
		message = fmt.Sprintf("%s is held back, the rest is in force: %s", first.Unit, reasonOf(first))
	}
	return message
}

func reasonOf(held reconciler.Held) string {
	if len(held.Problems) == 0 {
		return "it does not fit with what else is held"
	}
	return held.Problems[0].String()
}

func heldOf(held []reconciler.Held) []configrepo.Held {
	all := make([]configrepo.Held, 0, len(held))
	for _, each := range held {
		all = append(all, configrepo.Held{
			Unit: each.Unit.String(), Revision: each.Revision.Hash, Since: metav1.NewTime(each.Since.Truncate(time.Second)),
			Reason: reasonOf(each), Problems: len(each.Problems),
		})
	}
	return all
}

// heldBefore reads what heldOf wrote.
func heldBefore(status configrepo.Status) []reconciler.Held {
	var held []reconciler.Held
	for _, each := range status.Held {
		unit, err := repolayout.ParseUnit(each.Unit)
		if err != nil {
			continue // of another version
		}
		held = append(held, reconciler.Held{
			Unit: unit, Revision: gitsource.Revision{Hash: each.Revision}, Since: each.Since.Time,
		})
	}
	return held
}

func targetsOf(targets []reconciler.TargetStatus) []configrepo.Target {
	all := make([]configrepo.Target, 0, len(targets))
	for _, each := range targets {
		target := configrepo.Target{
			Name: each.Name, AttemptedRevision: each.Attempted.Hash, AppliedRevision: each.Applied.Hash,
		}
		if !each.Since.IsZero() {
			target.Since = metav1.NewTime(each.Since.Truncate(time.Second))
		}
		if each.Err != nil {
			target.Message = each.Err.Error()
		}
		if each.Progress != nil {
			target.Progress = each.Progress.String()
		}
		if len(each.Health.Sick) > 0 {
			target.Unhealthy = each.Health.String()
		}
		all = append(all, target)
	}
	return all
}

// ordersOf are what people ask for.
func ordersOf(repo *configrepo.ConfigRepo) reconciler.Orders {
	orders := reconciler.Orders{Suspend: repo.Spec.Suspend, Sync: repo.Annotations[configrepo.SyncAnnotation]}
	if rollback := repo.Spec.Rollback; rollback != nil {
		orders.Rollback, orders.From = rollback.Revision, rollback.From
	}
	return orders
}

func appliedOf(status reconciler.Status) configrepo.Applied {
	changes := status.Changes
	return configrepo.Applied{
		Revision: status.Applied.Hash, At: metav1.Now(), Took: tookOf(changes),
		Created: len(changes.Created), Adopted: len(changes.Adopted), Updated: len(changes.Updated),
		Healed: len(changes.Healed), Deleted: len(changes.Deleted),
		Kept: len(changes.Kept), Paused: len(changes.Paused), Unchanged: changes.Unchanged,
		Objects: objectsOf(changes),
	}
}

// objectsOf names the first objects that were changed.
func objectsOf(changes apply.ChangeSet) []string {
	var objects []string
	for _, part := range []struct {
		did string
		ids []apply.Identity
	}{
		{"created", changes.Created},
		{"adopted", changes.Adopted},
		{"updated", changes.Updated},
		{"healed", changes.Healed},
		{"deleted", changes.Deleted},
	} {
		for _, id := range part.ids {
			if len(objects) == configrepo.MaxObjects {
				return objects
			}
			objects = append(objects, part.did+" "+id.String())
		}
	}
	return objects
}

// counting has a reporter's passes counted too.
func counting(repository *metrics.Repository, reporter reconciler.Reporter) reconciler.Reporter {
	return reconciler.ReporterFunc(func(ctx context.Context, status reconciler.Status) error {
		repository.Pass(status)
		return reporter.Report(ctx, status)
	})
}

// tellDriftElsewhere is tellDrift of other targets than the home: the log names them.
func tellDriftElsewhere(logger *slog.Logger, repository *metrics.Repository) func(target string, drift apply.Drift) {
	return func(target string, drift apply.Drift) { tellDrift(logger.With("target", target), repository)(drift) }
}

// tellDrift logs and counts what was put right in the cluster.
func tellDrift(logger *slog.Logger, repository *metrics.Repository) func(apply.Drift) {
	return func(drift apply.Drift) {
		repository.Drift(drift)
		attributes := []any{"object", drift.Object.String(), "outcome", drift.Outcome, "source", drift.Source}
		if drift.Err != nil {
			attributes = append(attributes, "error", drift.Err)
		}
		logger.Warn("somebody changed an object", attributes...)
	}
}
