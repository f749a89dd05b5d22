package apply_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

var (
	definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	namespaces  = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
)

// group is an API group of the site's own.
func (s *site) group() string { return s.namespace + ".drover.test" }

// definition defines the site's kind Widget, whose specification has these fields.
func (s *site) definition(fields ...string) generators.Object {
	properties := map[string]any{}
	for _, field := range fields {
		properties[field] = map[string]any{"type": "string"}
	}
	return object("clusters/crd.yaml", map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "widgets." + s.group()},
		"spec": map[string]any{
			"group": s.group(), "scope": "Namespaced",
			"names": map[string]any{"kind": "Widget", "plural": "widgets"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{
					"type": "object", "properties": map[string]any{"spec": map[string]any{"type": "object", "properties": properties}},
				}},
			}},
		},
	})
}

// widget is an instance with one field.
func (s *site) widget(field, value string) generators.Object {
	return object("clusters/widget.yaml", map[string]any{
		"apiVersion": s.group() + "/v1", "kind": "Widget",
		"metadata": map[string]any{"namespace": s.namespace, "name": "widget"},
		"spec":     map[string]any{field: value},
	})
}

// widgetSpec is the instance's specification as it is; nil if there is none.
func (s *site) widgetSpec() map[string]any {
	s.t.Helper()
	at := schema.GroupVersionResource{Group: s.group(), Version: "v1", Resource: "widgets"}
	live, err := s.client.Resource(at).Namespace(s.namespace).Get(s.t.Context(), "widget", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		s.t.Fatal(err)
	}
	spec, _ := live.Object["spec"].(map[string]any)
	return spec
}

func TestDefinitionWithItsInstance(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	if got := s.apply(target, "r1", s.widget("size", "1"), s.definition("size")); len(got.Created) != 2 {
		t.Errorf("definition and instance at once: %s", got)
	}
	if got := s.apply(target, "r2", s.widget("size", "1"), s.definition("size")); !got.Empty() || got.Unchanged != 2 {
		t.Errorf("again: %s", got)
	}
	if got := s.apply(target, "r3", s.widget("colour", "red"), s.definition("size", "colour")); len(got.Updated) != 2 {
		t.Errorf("a field and its use at once: %s", got)
	}
	if got := s.widgetSpec()["colour"]; got != "red" {
		t.Errorf("colour: %v", got)
	}
}

// refuseLate applies a revision that is refused after something of it has been written, and taken back.
func (s *site) refuseLate(target *apply.Target, reason string, objects ...generators.Object) {
	s.t.Helper()
	_, err := target.Apply(s.t.Context(), "refused", objects)
	var refused *apply.RefusedError
	if !errors.As(err, &refused) || len(refused.Refusals) != 1 || !strings.Contains(refused.Refusals[0].Reason, reason) {
		s.t.Fatalf("got %v, want a refusal for: %s", err, reason)
	}
}

func TestRefusedInstanceTakesItsDefinitionBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	s.refuseLate(target, "field not declared in schema", s.configMap("a", "1"), s.widget("colour", "red"), s.definition("size"))
	live, err := s.client.Resource(definitions).Get(t.Context(), "widgets."+s.group(), metav1.GetOptions{})
	if err == nil && live.GetDeletionTimestamp() == nil || err != nil && !apierrors.IsNotFound(err) {
		t.Errorf("the definition that was new: %v", err)
	}

	s.apply(target, "r1", s.definition("size"), s.widget("size", "1"))
	s.refuseLate(target, "field not declared in schema", s.definition("size", "weight"), s.widget("colour", "red"))
	if got := s.widgetSpec(); got["size"] != "1" {
		t.Errorf("instance: %v", got)
	}
	if got := s.apply(s.target(), "r1", s.definition("size"), s.widget("size", "1")); !got.Empty() {
		t.Errorf("the definition that was changed is not as before: %s", got)
	}
}

// TestDeletedDefinitionComesBackWithItsInstance has a process die that deletes a definition, before it is through.
func TestDeletedDefinitionComesBackWithItsInstance(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	prunable := annotated(s.definition("size"), apply.PruneAnnotation, "allowed")
	s.apply(s.target(), "r1", s.configMap("a", "1"), prunable, s.widget("size", "1"))
	ctx, kill := context.WithCancel(t.Context())
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		if ctx.Err() != nil {
			return errKilled, nil
		}
		if isWriteOf(r, "widgets."+s.group()) {
			kill()
			return nil, errKilled
		}
		return nil, nil
	})
	if _, err := s.target().Apply(ctx, "r2", []generators.Object{s.configMap("a", "1")}); err == nil {
		t.Error("the process survived")
	}
	s.wire.cutWith(nil)
	s.awaitGone(definitions, "widgets."+s.group())
	if revision := s.revision(); revision != "r1" {
		t.Errorf("recovered to %s", revision)
	}
	if got := s.widgetSpec()["size"]; got != "1" {
		t.Errorf("instance: %v", got)
	}
	if got := s.apply(s.target(), "r1", s.configMap("a", "1"), prunable, s.widget("size", "1")); !got.Empty() {
		t.Errorf("recovered, but: %s", got)
	}
}

// awaitGone waits until an object of the cluster's is gone.
func (s *site) awaitGone(at schema.GroupVersionResource, name string) {
	s.t.Helper()
	for tick := time.Tick(10 * time.Millisecond); ; <-tick {
		if _, err := s.client.Resource(at).Get(s.t.Context(), name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
			return
		} else if err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestRefusedObjectTakesItsNamespaceBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := s.namespace + "-new"
	bad := configMap(name, "bad", "1")
	bad.Object["data"] = map[string]any{"not a key": "1"}
	s.refuseLate(s.target(), "data[not a key]", namespace(name), configMap(name, "good", "1"), bad)
	live, err := s.client.Resource(namespaces).Get(t.Context(), name, metav1.GetOptions{})
	if err == nil && live.GetDeletionTimestamp() == nil || err != nil && !apierrors.IsNotFound(err) {
		t.Errorf("namespace: %v", err)
	}
}

func TestNamespaceWithItsObjects(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := s.namespace + "-new"
	objects := []generators.Object{namespace(name)}
	for i := range 5 {
		objects = append(objects, configMap(name, fmt.Sprint("a-", i), "1"))
	}
	if got := s.apply(s.target(), "r1", objects...); len(got.Created) != 6 {
		t.Errorf("changes: %s", got)
	}
	if got := s.apply(s.target(), "r1", objects...); !got.Empty() || got.Unchanged != 6 {
		t.Errorf("again: %s", got)
	}
}

func namespace(name string) generators.Object {
	return object("clusters/namespace.yaml", map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	})
}
