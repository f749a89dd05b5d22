package rules

import (
	"bytes"
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// soundNote is the name of what is noted of a repository for the next process: by
// which files its configurations were judged, and in which of them no rule about one
// found anything. They need not be checked again.
const soundNote = "sound configurations"

// contentKey stands for a content.
type contentKey [sha256.Size]byte

func contentKeyOf(parts ...[]byte) contentKey {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write(part)
	}
	return contentKey(h.Sum(nil))
}

// judges is all by which each configuration is judged, and what it resolves to
// depends on. It is false where the content of some of it is not known.
func judges(repo *repolayout.Repo) (key contentKey, known bool) {
	facts := factsOf(repo)
	parts := [][]byte{
		facts.settings[:], facts.claims[:], repo.Profiles.ID[:], []byte("clusters " + facts.clusters),
		[]byte("lease types " + strings.Join(slices.Sorted(maps.Keys(repo.Quotas.Value.Quotas)), " ")),
	}
	parts = appendIDs(parts, repo.Refs)
	parts = appendIDs(parts, repo.Chains)
	parts = appendIDs(parts, repo.Workflows)
	parts = appendIDs(parts, repo.Observers)
	unknown := func(part []byte) bool { return len(part) == 0 }
	return contentKeyOf(parts...), !slices.ContainsFunc(parts, unknown)
}

// appendIDs adds the ids of documents, with an empty part for one that has none.
func appendIDs[T any](parts [][]byte, docs []*repolayout.Doc[T]) [][]byte {
	for _, doc := range docs {
		id := doc.ID[:]
		if doc.ID == (repolayout.ID{}) {
			id = nil
		}
		parts = append(parts, id, []byte(doc.Path), []byte{0})
	}
	return append(parts, []byte{0})
}

// documentKey stands for a configuration: where it is says what it is for.
func documentKey(doc *ConfigDoc) contentKey { return contentKeyOf(doc.ID[:], []byte(doc.Path)) }

// soundBefore are the keys of the configurations that an earlier process found sound.
func soundBefore(repo *repolayout.Repo) map[contentKey]bool {
	note := repo.Recall(soundNote)
	if note == nil {
		return nil
	}
	by, known := judges(repo)
	rest, same := bytes.CutPrefix(note, by[:])
	if !known || !same || len(rest)%len(contentKey{}) != 0 {
		return nil
	}
	keys := make(map[contentKey]bool, len(rest)/len(contentKey{}))
	for each := range slices.Chunk(rest, len(contentKey{})) {
		keys[contentKey(each)] = true
	}
	return keys
}

// isKnownSound says whether an earlier process found a document sound, given the keys
// of those that it did.
func (c *Checked) isKnownSound(doc *ConfigDoc, sound map[contentKey]bool) bool {
	if len(sound) == 0 || doc.ID == (repolayout.ID{}) || !sound[documentKey(doc)] {
		return false
	}
	entry := c.Catalog.Entry(readable(doc))
	return entry != nil && entry.Shape() != nil
}

// noteSound notes for the next process which configurations are sound, unless the
// context ended.
func (c *Checked) noteSound(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	c.Repo.Note(soundNote, c.judged, func() []byte {
		by, known := judges(c.Repo)
		if !known {
			return nil
		}
		note := slices.Clone(by[:])
		for doc := range c.Repo.Configs.All() {
			if !c.unsound[doc] && doc.ID != (repolayout.ID{}) {
				of := documentKey(doc)
				note = append(note, of[:]...)
			}
		}
		return note
	})
}
