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
	"github.com/drover-ci/drover/reconciler/metrics"
	"github.com/drover-ci/drover/schema"
)

// statusReporter keeps the ConfigRepo object true to what the reconciler does.
type statusReporter struct {
	writer *configrepo.Writer
}

// newStatusReporter puts the definition and the object into the cluster where
// they are not there yet.
func newStatusReporter(ctx context.Context, config *rest.Config, spec configrepo.Spec) (*statusReporter, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: systemNamespace}}
	_, err = client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, fmt.Errorf("make namespace %s: %w", systemNamespace, err)
	}
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
	next := object.Status
	next.Conditions = nil // those that are not set stay as they are
	if status.Observed.Hash != "" {
		next.ObservedRevision, next.LastAttempted = status.Observed.Hash, status.Observed.Hash
	}
	if status.Applied.Hash != "" {
		next.AppliedRevision = status.Applied.Hash
	}
	next.SetProblems(status.Problems)
	setConditions(&next, status)
	if status.Stage == reconciler.Done && !status.Changes.Empty() {
		next.Record(appliedOf(status))
	}
	return r.writer.Report(ctx, next)
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
		if slices.Contains(each.stages, status.Stage) {
			next.Set(each.condition, metav1.ConditionFalse, string(status.Stage)+"Failed", status.Err.Error())
			if status.Refused || each.condition == configrepo.AppliedCondition {
				next.Set(configrepo.AppliedCondition, metav1.ConditionFalse, "NotApplied", "the newest revision is not in force: "+status.Err.Error())
			}
			return
		}
		next.Set(each.condition, metav1.ConditionTrue, "Succeeded", each.good)
	}
	next.Set(configrepo.Healthy, metav1.ConditionTrue, "Succeeded", "what was applied is as it was applied")
}

func appliedOf(status reconciler.Status) configrepo.Applied {
	changes := status.Changes
	return configrepo.Applied{
		Revision: status.Applied.Hash, At: metav1.Now(), Took: schema.Duration(changes.Duration.Round(time.Millisecond)),
		Created: len(changes.Created), Adopted: len(changes.Adopted), Updated: len(changes.Updated),
		Healed: len(changes.Healed), Deleted: len(changes.Deleted), Unchanged: changes.Unchanged,
	}
}

// counting has a reporter's passes counted too.
func counting(repository *metrics.Repository, reporter reconciler.Reporter) reconciler.Reporter {
	return reconciler.ReporterFunc(func(ctx context.Context, status reconciler.Status) error {
		repository.Pass(status)
		return reporter.Report(ctx, status)
	})
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
