package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/leases"
)

// fieldManager is the name under which fields are owned.
const fieldManager = "drover-leases"

// readPatience is how long to try to find out what became of a write.
const readPatience = 5 * time.Second

// Store is the leases in one namespace of a cluster. It is safe for concurrent
// use.
type Store struct {
	namespace  string
	config     *rest.Config
	boskos     *rest.RESTClient
	core       *corev1client.CoreV1Client
	parameters runtime.ParameterCodec

	mu sync.Mutex
	// lines has the resource version of each line's ConfigMap.
	lines map[string]string
}

// New makes a store. It needs no answer from the cluster.
func New(config *rest.Config, namespace string) (*Store, error) {
	original := config
	config = rest.CopyConfig(config)
	config.QPS = -1 // each request of ours is somebody's who waits
	factory, parameters := codecs()
	ours := rest.CopyConfig(config)
	gv := GroupVersion()
	ours.GroupVersion = &gv
	ours.APIPath = "/apis"
	ours.NegotiatedSerializer = factory.WithoutConversion()
	boskos, err := rest.RESTClientFor(ours)
	if err != nil {
		return nil, fmt.Errorf("make a client for leases: %w", err)
	}
	config.ContentType = runtime.ContentTypeProtobuf // lines are long
	config.AcceptContentTypes = runtime.ContentTypeProtobuf
	core, err := corev1client.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for lines: %w", err)
	}
	return &Store{
		namespace: namespace, config: original, boskos: boskos, core: core, parameters: parameters, lines: map[string]string{},
	}, nil
}

// Load reads everything.
func (s *Store) Load(ctx context.Context) (leases.Content, error) {
	var content leases.Content
	var list resourceList
	if err := s.boskos.Get().Namespace(s.namespace).Resource(resources).Do(ctx).Into(&list); err != nil {
		return content, fmt.Errorf("list the resources: %w", err)
	}
	for i := range list.Items {
		content.Resources = append(content.Resources, resourceOf(&list.Items[i]))
	}
	var cycles lifecycleList
	if err := s.boskos.Get().Namespace(s.namespace).Resource(lifecycles).Do(ctx).Into(&cycles); err != nil {
		return content, fmt.Errorf("list the dynamic types: %w", err)
	}
	for i := range cycles.Items {
		content.Lifecycles = append(content.Lifecycles, lifecycleOf(&cycles.Items[i]))
	}
	lines, err := s.loadLines(ctx)
	content.Lines = lines
	return content, err
}

// Apply carries out a write and says what became of it.
func (s *Store) Apply(ctx context.Context, w *leases.Write) leases.Result {
	switch w.Kind {
	case leases.SaveLifecycle, leases.DeleteLifecycle:
		return s.applyLifecycle(ctx, w)
	case leases.Create:
		return s.resourceResult(ctx, w, w.After.Name, s.boskos.Post().Namespace(s.namespace).Resource(resources).
			Param("fieldManager", fieldManager).Body(objectOf(&w.After, s.namespace)).Do(ctx))
	case leases.Delete:
		return s.resourceResult(ctx, w, w.Before.Name, s.boskos.Delete().Namespace(s.namespace).Resource(resources).
			Name(w.Before.Name).Body(preconditions(w.Before.UID, w.Before.Version)).Do(ctx))
	case leases.Patch:
		patch, err := mergePatch(&w.Before, &w.After)
		if err != nil {
			return leases.Result{Outcome: leases.Failed, Err: err}
		}
		return s.resourceResult(ctx, w, w.Before.Name, s.boskos.Patch(types.MergePatchType).Namespace(s.namespace).
			Resource(resources).Name(w.Before.Name).Param("fieldManager", fieldManager).Body(patch).Do(ctx))
	default:
		return leases.Result{Outcome: leases.Failed, Err: fmt.Errorf("unknown kind of write %d", w.Kind)}
	}
}

func preconditions(uid string, version leases.Version) *metav1.DeleteOptions {
	text := versionText(version)
	options := &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: &text}}
	options.APIVersion, options.Kind = "v1", "DeleteOptions"
	if uid != "" {
		id := types.UID(uid)
		options.Preconditions.UID = &id
	}
	return options
}

// resourceResult reads an answer. Where there is none, or it says that the
// object is not as expected, the object tells.
func (s *Store) resourceResult(ctx context.Context, w *leases.Write, name string, answer rest.Result) leases.Result {
	err := answer.Error()
	switch {
	case err == nil && w.Kind == leases.Delete:
		return leases.Result{Outcome: leases.Stored}
	case err == nil:
		var o resourceObject
		if err = answer.Into(&o); err == nil {
			return leases.Result{Outcome: leases.Stored, Resource: resourceOf(&o)}
		}
	case apierrors.IsNotFound(err) && w.Kind != leases.Create:
		return leases.Result{Outcome: leases.Conflict, Gone: true}
	case refused(err):
		return leases.Result{Outcome: leases.Failed, Err: fmt.Errorf("write resource %s: %w", name, err)}
	}
	current, readErr := s.read(ctx, name)
	switch {
	case apierrors.IsNotFound(readErr):
		return leases.Result{Outcome: leases.Conflict, Gone: true}
	case readErr != nil:
		return leases.Result{Outcome: leases.Failed, Err: fmt.Errorf("write resource %s: %w", name, errors.Join(err, readErr))}
	case w.Landed(&current):
		return leases.Result{Outcome: leases.Stored, Resource: current}
	case conflict(err):
		return leases.Result{Outcome: leases.Conflict, Resource: current}
	}
	return leases.Result{Outcome: leases.Failed, Err: fmt.Errorf("write resource %s: %w", name, err)}
}

// refused says that a request was understood and will never be carried out.
func refused(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err)
}

func conflict(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }

// read gives a resource as it is now, even if the time of the write is over.
func (s *Store) read(ctx context.Context, name string) (leases.Resource, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readPatience)
	defer cancel()
	var o resourceObject
	err := s.boskos.Get().Namespace(s.namespace).Resource(resources).Name(name).Do(ctx).Into(&o)
	return resourceOf(&o), err
}

func (s *Store) applyLifecycle(ctx context.Context, w *leases.Write) leases.Result {
	l := &w.Lifecycle
	var answer rest.Result
	switch {
	case w.Kind == leases.DeleteLifecycle:
		answer = s.boskos.Delete().Namespace(s.namespace).Resource(lifecycles).Name(l.Type).Body(preconditions("", l.Version)).Do(ctx)
	case l.Version == 0:
		answer = s.boskos.Post().Namespace(s.namespace).Resource(lifecycles).Body(lifecycleObjectOf(l, s.namespace)).Do(ctx)
	default:
		answer = s.boskos.Put().Namespace(s.namespace).Resource(lifecycles).Name(l.Type).Body(lifecycleObjectOf(l, s.namespace)).Do(ctx)
	}
	err := answer.Error()
	switch {
	case err == nil && w.Kind == leases.DeleteLifecycle:
		return leases.Result{Outcome: leases.Stored}
	case err == nil:
		var o lifecycleObject
		err = answer.Into(&o)
		if err == nil {
			return leases.Result{Outcome: leases.Stored, Lifecycle: lifecycleOf(&o)}
		}
	case apierrors.IsNotFound(err):
		return leases.Result{Outcome: leases.Conflict, Gone: true}
	}
	if conflict(err) {
		var o lifecycleObject
		readErr := s.boskos.Get().Namespace(s.namespace).Resource(lifecycles).Name(l.Type).Do(ctx).Into(&o)
		switch {
		case readErr == nil:
			return leases.Result{Outcome: leases.Conflict, Lifecycle: lifecycleOf(&o)}
		case apierrors.IsNotFound(readErr):
			return leases.Result{Outcome: leases.Conflict, Gone: true}
		}
	}
	return leases.Result{Outcome: leases.Failed, Err: fmt.Errorf("write dynamic type %s: %w", l.Type, err)}
}

// lineLabel finds the ConfigMaps of lines.
const lineLabel = "leases.drover.dev/line"

// Keys of the ConfigMap of a line.
const (
	lineTypeKey    = "type"
	lineWaitingKey = "waiting"
)

func (s *Store) loadLines(ctx context.Context) ([]leases.SavedLine, error) {
	list, err := s.core.ConfigMaps(s.namespace).List(ctx, metav1.ListOptions{LabelSelector: lineLabel})
	if err != nil {
		return nil, fmt.Errorf("list the lines: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []leases.SavedLine
	for i := range list.Items {
		object := &list.Items[i]
		s.lines[object.Name] = object.ResourceVersion
		line := leases.SavedLine{Type: object.Data[lineTypeKey]}
		if err := json.Unmarshal([]byte(object.Data[lineWaitingKey]), &line.Waiting); err != nil {
			continue // whoever edited it made an end of the line
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// SaveLine stores who waits for resources of a type. One server at a time does:
// it overwrites what it did not know of.
func (s *Store) SaveLine(ctx context.Context, line leases.SavedLine) error {
	waiting, err := json.Marshal(line.Waiting)
	if err != nil {
		return err
	}
	object := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name: lineName(line.Type), Namespace: s.namespace, Labels: map[string]string{lineLabel: "true"},
		},
		Data: map[string]string{lineTypeKey: line.Type, lineWaitingKey: string(waiting)},
	}
	if err := s.saveLine(ctx, object); err != nil {
		return fmt.Errorf("store the line of type %s: %w", line.Type, err)
	}
	return nil
}

func (s *Store) saveLine(ctx context.Context, object *corev1.ConfigMap) error {
	s.mu.Lock()
	object.ResourceVersion = s.lines[object.Name]
	s.mu.Unlock()
	maps := s.core.ConfigMaps(s.namespace)
	var stored *corev1.ConfigMap
	var err error
	if object.ResourceVersion == "" {
		stored, err = maps.Create(ctx, object, metav1.CreateOptions{FieldManager: fieldManager})
	} else {
		stored, err = maps.Update(ctx, object, metav1.UpdateOptions{FieldManager: fieldManager})
	}
	if conflict(err) || apierrors.IsNotFound(err) {
		current, readErr := maps.Get(ctx, object.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(readErr):
			object.ResourceVersion = ""
			stored, err = maps.Create(ctx, object, metav1.CreateOptions{FieldManager: fieldManager})
		case readErr != nil:
			return readErr
		default:
			object.ResourceVersion = current.ResourceVersion
			stored, err = maps.Update(ctx, object, metav1.UpdateOptions{FieldManager: fieldManager})
		}
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.lines[object.Name] = stored.ResourceVersion
	s.mu.Unlock()
	return nil
}

func splitDocuments(text string) []string { return strings.Split(text, "\n---\n") }
