package apply

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
)

// cluster is an API server, reduced to the calls that are made here. Answers are metadata wherever that will do.
type cluster struct {
	metadata metadata.Interface
	dynamic  dynamic.Interface
	owner    string
	retry    retrier
}

// until gives the same cluster for calls that are not repeated any more once something is closed.
func (c *cluster) until(closed <-chan struct{}) *cluster {
	until := *c
	until.retry.until = closed
	return &until
}

// dryRun says that the server shall judge a call and not do it.
type dryRun bool

func (d dryRun) option() []string {
	if d {
		return []string{metav1.DryRunAll}
	}
	return nil
}

func (c *cluster) metadataOf(at resource, namespace string) metadata.ResourceInterface {
	if at.namespaced {
		return c.metadata.Resource(at.GroupVersionResource).Namespace(namespace)
	}
	return c.metadata.Resource(at.GroupVersionResource)
}

func (c *cluster) objectsOf(at resource, namespace string) dynamic.ResourceInterface {
	if at.namespaced {
		return c.dynamic.Resource(at.GroupVersionResource).Namespace(namespace)
	}
	return c.dynamic.Resource(at.GroupVersionResource)
}

// apply sends what is declared, for as long as patience allows. A dry run of an object that is not there yet gives an
// empty resourceVersion.
func (c *cluster) apply(ctx context.Context, d declared, dry dryRun) (got presence, err error) {
	err = c.retry.do(ctx, func(ctx context.Context) (err error) {
		got, err = c.applyOnce(ctx, d, dry)
		return err
	})
	return got, err
}

// applyOnce sends what is declared, once. It gives errLeaving for an object that is being deleted.
func (c *cluster) applyOnce(ctx context.Context, d declared, dry dryRun) (presence, error) {
	force := true
	options := metav1.PatchOptions{FieldManager: FieldManager, Force: &force, DryRun: dry.option()}
	object, err := c.metadataOf(d.resource, d.Namespace).Patch(ctx, d.Name, types.ApplyPatchType, d.body, options)
	if err != nil {
		return presence{}, err
	}
	got := c.presenceOf(object)
	if got.leaving {
		return got, errLeaving
	}
	return got, nil
}

// differs tells whether applying what is declared would change the object in the cluster, and at which resourceVersion.
func (c *cluster) differs(ctx context.Context, d declared) (bool, string, error) {
	live, there, err := c.get(ctx, d.resource, d.Identity)
	if err != nil || !there {
		return !there, "", err
	}
	var applied *unstructured.Unstructured
	err = c.retry.do(ctx, func(ctx context.Context) (err error) {
		force := true
		options := metav1.PatchOptions{FieldManager: FieldManager, Force: &force, DryRun: dryRun(true).option()}
		applied, err = c.objectsOf(d.resource, d.Namespace).Patch(ctx, d.Name, types.ApplyPatchType, d.body, options)
		return err
	})
	if err != nil {
		return false, "", err
	}
	return !sameObject(live, applied), live.GetResourceVersion(), nil
}

// get reads an object, if it is there.
func (c *cluster) get(ctx context.Context, at resource, id Identity) (object *unstructured.Unstructured, there bool, err error) {
	err = c.retry.do(ctx, func(ctx context.Context) (err error) {
		object, err = c.objectsOf(at, id.Namespace).Get(ctx, id.Name, metav1.GetOptions{})
		return err
	})
	return object, err == nil, ignoreNotFound(err)
}

// remove deletes an object, provided it is still the one that was seen. That it is gone already is fine.
func (c *cluster) remove(ctx context.Context, at resource, id Identity, seen types.UID, dry dryRun) error {
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{DryRun: dry.option(), PropagationPolicy: &background, Preconditions: &metav1.Preconditions{UID: &seen}}
	client := c.metadataOf(at, id.Namespace)
	return c.retry.do(ctx, func(ctx context.Context) error {
		err := client.Delete(ctx, id.Name, options)
		if apierrors.IsConflict(err) {
			now, failed := client.Get(ctx, id.Name, metav1.GetOptions{})
			switch {
			case failed != nil:
				return ignoreNotFound(failed)
			case now.UID != seen:
				return nil // somebody has made it anew
			}
		}
		return ignoreNotFound(err)
	})
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// restore brings back an object as it was.
func (c *cluster) restore(ctx context.Context, at resource, before []byte) error {
	object := new(unstructured.Unstructured)
	if err := object.UnmarshalJSON(before); err != nil {
		return fmt.Errorf("read what was there: %w", err)
	}
	client := c.objectsOf(at, object.GetNamespace())
	return c.retry.do(ctx, func(ctx context.Context) error {
		now, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			object.SetResourceVersion("")
			object.SetUID("")
			_, err = client.Create(ctx, object, metav1.CreateOptions{})
			return err
		case err != nil:
			return err
		}
		object.SetResourceVersion(now.GetResourceVersion())
		object.SetUID(now.GetUID())
		_, err = client.Update(ctx, object, metav1.UpdateOptions{})
		return err
	})
}

// selector is by what label the objects of a kind are looked for. Namespaces may be shared, see [shareable].
func (c *cluster) selector(kind schema.GroupKind) string {
	if shareable(kind) {
		return OwnerLabel
	}
	return OwnerLabel + "=" + c.owner
}

// list finds the objects of a kind that carry our label; none where the kind is not served.
func (c *cluster) list(ctx context.Context, kind schema.GroupKind, at resource, each func(namespace, name string, p presence)) error {
	options := metav1.ListOptions{LabelSelector: c.selector(kind)}
	return c.retry.do(ctx, func(ctx context.Context) error {
		list, err := c.metadata.Resource(at.GroupVersionResource).List(ctx, options)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range list.Items {
			each(list.Items[i].Namespace, list.Items[i].Name, c.presenceOf(&list.Items[i]))
		}
		return nil
	})
}

func (c *cluster) presenceOf(object metav1.Object) presence {
	owner := object.GetLabels()[OwnerLabel]
	return presence{
		owner: owner, foreign: owner != "" && owner != c.owner,
		uid:             object.GetUID(),
		resourceVersion: object.GetResourceVersion(),
		leaving:         object.GetDeletionTimestamp() != nil,
		applied:         slices.ContainsFunc(object.GetManagedFields(), isOurs),
		steering:        steeringOf(object.GetAnnotations()),
	}
}

func isOurs(fields metav1.ManagedFieldsEntry) bool {
	return fields.Manager == FieldManager && fields.Operation == metav1.ManagedFieldsOperationApply
}
