package apply

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apivalidation "k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/json"
)

// foreseeAbove is how many new ConfigMaps in a namespace are too many to ask the server about each.
const foreseeAbove = 32

func configMapKind() schema.GroupKind { return schema.GroupKind{Kind: "ConfigMap"} }

// foresee marks the steps whose dry run would tell nothing. New ConfigMaps are most of what a release repository brings
// into an empty cluster, and the server's rules for them are few and written down. So where there are many, one is sent,
// which shows that we may; of the others those are marked that the server cannot but accept: well formed, of a name that
// is not taken, in a namespace without a quota, in a cluster where no webhook and no policy judges ConfigMaps. Whatever
// is not certain is left to the server; and if we were wrong all the same, the revision is rolled back.
func (a *attempt) foresee(ctx context.Context, chosen func(*step) bool) {
	groups := make(map[string][]*step)
	for i := range a.plan.steps {
		s := &a.plan.steps[i]
		if chosen(s) && s.verb == verbCreate && s.groupKind() == configMapKind() && s.before == nil {
			groups[s.Namespace] = append(groups[s.Namespace], s)
		}
	}
	for namespace, steps := range groups {
		if len(steps) <= foreseeAbove {
			delete(groups, namespace)
		}
	}
	if len(groups) == 0 || a.judged(ctx, configMapKind(), "configmaps") {
		return
	}
	for namespace, steps := range groups {
		if taken, free := a.room(ctx, namespace, steps[0].want.resource); free {
			markCertain(steps, taken)
		}
	}
}

// markCertain marks all but one of the steps that the server cannot but accept.
func markCertain(steps []*step, taken map[string]bool) {
	sample := false
	for _, s := range steps {
		if taken[s.Name] || !wellFormed(s.want.body) {
			continue
		}
		s.foreseen, sample = sample, true
	}
}

// room gives the names that are taken in a namespace, and whether nothing limits how many there may be.
func (a *attempt) room(ctx context.Context, namespace string, at resource) (taken map[string]bool, free bool) {
	quotas := a.cluster.metadata.Resource(corev1.SchemeGroupVersion.WithResource("resourcequotas")).Namespace(namespace)
	list, err := quotas.List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil || len(list.Items) > 0 {
		return nil, false
	}
	there, err := a.cluster.metadataOf(at, namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, false
	}
	taken = make(map[string]bool, len(there.Items))
	for i := range there.Items {
		taken[there.Items[i].Name] = true
	}
	return taken, true
}

// wellFormed tells whether an object is a ConfigMap that breaks none of the server's rules.
func wellFormed(body []byte) bool {
	var object corev1.ConfigMap
	if strict, err := json.UnmarshalStrict(body, &object); err != nil || len(strict) > 0 {
		return false
	}
	errs := validation.ValidateObjectMeta(&object.ObjectMeta, true, validation.NameIsDNSSubdomain, nil)
	if len(errs) > 0 || len(object.OwnerReferences)+len(object.Finalizers) > 0 {
		return false
	}
	size := 0
	for key, value := range object.Data {
		if _, twice := object.BinaryData[key]; twice || len(apivalidation.IsConfigMapKey(key)) > 0 {
			return false
		}
		size += len(value)
	}
	for key, value := range object.BinaryData {
		if len(apivalidation.IsConfigMapKey(key)) > 0 {
			return false
		}
		size += len(value)
	}
	return size <= corev1.MaxSecretSize
}

// judged tells whether webhooks or policies may judge, or change, objects of a kind; also if that cannot be found out.
func (a *attempt) judged(ctx context.Context, kind schema.GroupKind, resource string) bool {
	const group = "admissionregistration.k8s.io"
	for _, judge := range []struct {
		kind  string
		rules []string
	}{
		{"ValidatingWebhookConfiguration", []string{"webhooks", "rules"}},
		{"MutatingWebhookConfiguration", []string{"webhooks", "rules"}},
		{"ValidatingAdmissionPolicy", []string{"spec", "matchConstraints", "resourceRules"}},
		{"MutatingAdmissionPolicy", []string{"spec", "matchConstraints", "resourceRules"}},
	} {
		at, served, err := a.kinds.preferred(schema.GroupKind{Group: group, Kind: judge.kind})
		if err != nil {
			return true
		}
		if !served {
			continue
		}
		list, err := a.cluster.objectsOf(at, "").List(ctx, metav1.ListOptions{})
		if err != nil {
			return true
		}
		for i := range list.Items {
			if slices.ContainsFunc(gather(list.Items[i].Object, judge.rules), matches(kind.Group, resource)) {
				return true
			}
		}
	}
	return false
}

// gather gives what lies at a path, through lists.
func gather(from any, path []string) []any {
	if items, ok := from.([]any); ok {
		var all []any
		for _, item := range items {
			all = append(all, gather(item, path)...)
		}
		return all
	}
	if len(path) == 0 {
		return []any{from}
	}
	fields, _ := from.(map[string]any)
	if fields[path[0]] == nil {
		return nil
	}
	return gather(fields[path[0]], path[1:])
}

// matches tells whether an admission rule may be about a resource. Selectors, which would narrow it, are not looked at.
func matches(group, resource string) func(rule any) bool {
	has := func(rule any, field string, names ...string) bool {
		return slices.ContainsFunc(gather(rule, []string{field}), func(value any) bool {
			name, _ := value.(string)
			return slices.Contains(names, name)
		})
	}
	return func(rule any) bool {
		return has(rule, "apiGroups", group, "*") && has(rule, "resources", resource, "*", "*/*")
	}
}
