package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
)

const (
	// inventoryLabel marks what an inventory consists of; its value is the owner.
	inventoryLabel = "drover.dev/inventory"
	rootKey        = "inventory.json"
)

// ErrContended says that somebody else has written the inventory meanwhile: two processes are at work for one owner.
var ErrContended = errors.New("another process has changed the inventory")

// store keeps an inventory in the cluster itself: a root, which is one ConfigMap and changes as one, and the parts it
// names, which never change. What the root does not name does not count; so a change is made by writing new parts,
// then the root, then deleting parts that are not named any more, and may be cut short anywhere.
type store struct {
	client    typedcorev1.CoreV1Interface
	metadata  metadata.Interface
	namespace string
	owner     string
	retry     retrier

	root *corev1.ConfigMap // as last seen; nil if there is none
	tidy bool              // there are no parts but those that the root names
}

// The phases of a root, for people.
const (
	phaseSettled  = "settled"
	phaseApplying = "applying"
)

// root is what the root says.
type root struct {
	Phase string `json:"phase"`
	// Revision is the last good one; Objects counts what it has, and Shards names their parts by shard.
	Revision string              `json:"revision"`
	Objects  int                 `json:"objects"`
	Shards   map[string][]string `json:"shards"`
	// Attempt is the revision that is being applied. What it sets out to do the root says itself where that is little, as
	// for most commits; else Intents names the parts that say it.
	Attempt string   `json:"attempt,omitempty"`
	Little  []byte   `json:"little,omitempty"`
	Intents []string `json:"intents,omitempty"`
}

func (r root) parts() []string {
	all := slices.Clone(r.Intents)
	for _, parts := range r.Shards {
		all = append(all, parts...)
	}
	return all
}

func readRoot(object *corev1.ConfigMap) (root, error) {
	var r root
	if object == nil {
		return r, nil
	}
	if err := json.Unmarshal([]byte(object.Data[rootKey]), &r); err != nil {
		return r, fmt.Errorf("read ConfigMap %s/%s: %w", object.Namespace, object.Name, err)
	}
	return r, nil
}

func (s *store) rootName() string { return "drover-inventory-" + s.owner }

func (s *store) configMaps() typedcorev1.ConfigMapInterface { return s.client.ConfigMaps(s.namespace) }

// get reads one of the inventory's ConfigMaps.
func (s *store) get(ctx context.Context, name string) (*corev1.ConfigMap, error) {
	var found *corev1.ConfigMap
	err := s.retry.do(ctx, func(ctx context.Context) (err error) {
		found, err = s.configMaps().Get(ctx, name, metav1.GetOptions{})
		return err
	})
	return found, err
}

// load reads the inventory, or gives known back if that is still what the cluster has.
func (s *store) load(ctx context.Context, known *inventory) (*inventory, error) {
	found, err := s.get(ctx, s.rootName())
	switch {
	case apierrors.IsNotFound(err):
		s.root = nil
		return &inventory{good: map[Identity]entry{}, intents: map[Identity]intent{}}, nil
	case err != nil:
		return nil, fmt.Errorf("read the inventory: %w", err)
	case known != nil && s.root != nil && s.root.UID == found.UID && s.root.ResourceVersion == found.ResourceVersion:
		return known, nil
	}
	loaded, err := s.unpack(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("read the inventory: %w", err)
	}
	s.root = found
	return loaded, nil
}

// unpack reads what a root names.
func (s *store) unpack(ctx context.Context, object *corev1.ConfigMap) (*inventory, error) {
	said, err := readRoot(object)
	if err != nil {
		return nil, err
	}
	parts, err := s.fetch(ctx, said.parts())
	if err != nil {
		return nil, err
	}
	inv := &inventory{
		revision: said.Revision, good: make(map[Identity]entry, said.Objects),
		attempt: said.Attempt, intents: map[Identity]intent{},
	}
	for name, names := range said.Shards {
		if err := unpackEntries(join(parts, names), inv.good); err != nil {
			return nil, fmt.Errorf("shard %s: %w", name, err)
		}
	}
	intents := slices.Concat(said.Little, join(parts, said.Intents))
	if len(intents) == 0 {
		return inv, nil
	}
	if err := unpackIntents(intents, inv.intents); err != nil {
		return nil, fmt.Errorf("intents: %w", err)
	}
	return inv, nil
}
