package apply

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
)

// formerManagers are the names under which the tools that came before us own fields: kubectl, oc, and those that sync
// a release repository today.
func formerManagers() sets.Set[string] {
	return sets.New("kubectl-client-side-apply", "kubectl-create", "kubectl-replace", "kubectl", "oc",
		"applyconfig", "config-bootstrapper", "hook")
}

// inherit takes over the fields of an object that earlier tools have set, so that those which are not declared any more
// go with the next apply. Fields of controllers and of people stay theirs.
func (c *cluster) inherit(ctx context.Context, d declared) error {
	return c.retry.do(ctx, func(ctx context.Context) error {
		live, there, err := c.get(ctx, d.resource, d.Identity)
		if err != nil || !there {
			return err
		}
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, formerManagers(), FieldManager)
		if err != nil || len(patch) == 0 {
			return err
		}
		_, err = c.metadataOf(d.resource, d.Namespace).
			Patch(ctx, d.Name, types.JSONPatchType, patch, metav1.PatchOptions{FieldManager: FieldManager})
		return err
	})
}
