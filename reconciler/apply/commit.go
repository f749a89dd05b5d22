package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// littleBytes is how much of what a revision sets out to do the root says itself: some ten objects that were ours.
const littleBytes = 1 << 10

// begin writes ahead what a revision sets out to do.
func (s *store) begin(ctx context.Context, attempt string, intents map[Identity]intent) error {
	next, err := readRoot(s.root)
	if err != nil {
		return err
	}
	sorted := slices.SortedFunc(maps.Values(intents), func(a, b intent) int { return compareIdentities(a.Identity, b.Identity) })
	packed, err := packIntents(sorted)
	if err != nil {
		return fmt.Errorf("write the inventory ahead: %w", err)
	}
	sum := sha256.Sum256(packed)
	s.tidy = s.tidy && len(next.Intents) == 0 // else these are left
	next.Phase, next.Attempt, next.Little, next.Intents = phaseApplying, attempt, nil, nil
	if len(packed) <= littleBytes {
		next.Little = packed
	} else {
		next.Intents, err = s.writeParts(ctx, "intents-"+hex.EncodeToString(sum[:10]), packed)
	}
	if err == nil {
		err = s.writeRoot(ctx, next)
	}
	if err != nil {
		s.tidy = false
		return fmt.Errorf("write the inventory ahead: %w", err)
	}
	return nil
}

// commit writes what is good now. The attempt is over.
func (s *store) commit(ctx context.Context, revision string, good map[Identity]entry) error {
	last, err := readRoot(s.root)
	if err != nil {
		return err
	}
	next := root{Phase: phaseSettled, Revision: revision, Objects: len(good)}
	if next.Shards, err = s.writeShards(ctx, last.Shards, split(good)); err == nil {
		err = s.writeRoot(ctx, next)
	}
	if err != nil {
		s.tidy = false
		return fmt.Errorf("write the inventory: %w", err)
	}
	s.tidy = s.sweep(ctx, last, next) == nil // what is left does not count, and is swept after the next revision
	return nil
}

// writeShards writes the shards that are not there yet, and gives the parts of all.
func (s *store) writeShards(ctx context.Context, there map[string][]string, shards []shard) (map[string][]string, error) {
	all := make(map[string][]string, len(shards))
	for _, shard := range shards {
		parts, known := there[shard.name]
		if !known {
			packed, err := packEntries(shard.entries)
			if err != nil {
				return nil, err
			}
			if parts, err = s.writeParts(ctx, shard.name, packed); err != nil {
				return nil, err
			}
		}
		all[shard.name] = parts
	}
	return all, nil
}

// writeRoot replaces the root, provided that nobody else has.
func (s *store) writeRoot(ctx context.Context, next root) error {
	said, err := json.Marshal(next)
	if err != nil {
		return err
	}
	object := &corev1.ConfigMap{ObjectMeta: s.meta(s.rootName()), Data: map[string]string{rootKey: string(said)}}
	written, err := s.replaceRoot(ctx, object)
	if errors.Is(err, ErrContended) {
		written, err = s.writtenBefore(ctx, object)
	}
	if err != nil {
		return err
	}
	s.root = written
	return nil
}

// replaceRoot gives ErrContended where the root is not the one that was last seen.
func (s *store) replaceRoot(ctx context.Context, object *corev1.ConfigMap) (*corev1.ConfigMap, error) {
	if s.root == nil {
		written, err := s.create(ctx, object)
		if apierrors.IsAlreadyExists(err) {
			err = ErrContended
		}
		return written, err
	}
	object.ResourceVersion = s.root.ResourceVersion
	var written *corev1.ConfigMap
	err := s.retry.do(ctx, func(ctx context.Context) (err error) {
		written, err = s.configMaps().Update(ctx, object, metav1.UpdateOptions{FieldManager: FieldManager})
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			err = ErrContended
		}
		return err
	})
	return written, err
}

// writtenBefore gives the root if it says what was to be written: the answer to an earlier try may have got lost.
func (s *store) writtenBefore(ctx context.Context, object *corev1.ConfigMap) (*corev1.ConfigMap, error) {
	found, err := s.get(ctx, object.Name)
	if apierrors.IsNotFound(err) || err == nil && found.Data[rootKey] != object.Data[rootKey] {
		return nil, ErrContended
	}
	return found, err
}
