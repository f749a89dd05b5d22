package apply

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// shardBytes is how much of the objects' JSON a shard holds at most, if it holds more than one. A revision that
// changes one object writes one shard of this size, compressed.
const shardBytes = 512 << 10

// record is something that shards hold: a line of JSON, and the bytes of an object, which may be nil.
type record interface {
	header() ([]byte, error)
}

// A shard is some of the entries of an inventory. Which, follows from their identities alone, so that a shard in which
// nothing changed has the same name as before and need not be written again.
type shard struct {
	name    string
	entries []entry
}

// keyed is an entry with the key that says in which shard it is.
type keyed struct {
	key uint64
	entry
}

// split divides entries into shards, sorted by name.
func split(good map[Identity]entry) []shard {
	all := make([]keyed, 0, len(good))
	for id, e := range good {
		sum := sha256.Sum256([]byte(id.String()))
		all = append(all, keyed{binary.BigEndian.Uint64(sum[:]), e})
	}
	slices.SortFunc(all, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	shards := halve(all, 63)
	slices.SortFunc(shards, func(a, b shard) int { return cmp.Compare(a.name, b.name) })
	return shards
}

// halve splits by a bit of the key, and by the lower ones, until each shard is small enough.
func halve(all []keyed, bit int) []shard {
	switch {
	case len(all) == 0:
		return nil
	case len(all) == 1 || bit < 0 || weigh(all) <= shardBytes:
		return []shard{newShard(all)}
	}
	middle, _ := slices.BinarySearchFunc(all, uint64(1), func(k keyed, one uint64) int {
		return cmp.Compare(k.key>>bit&1, one)
	})
	return append(halve(all[:middle], bit-1), halve(all[middle:], bit-1)...)
}

func weigh(all []keyed) (bytes int) {
	for _, k := range all {
		bytes += len(k.body)
	}
	return bytes
}

// newShard names a shard by what it holds; hashes stand for the objects.
func newShard(all []keyed) shard {
	sum := sha256.New()
	s := shard{entries: make([]entry, 0, len(all))}
	for _, k := range all {
		fmt.Fprintf(sum, "%q %q %q %q %t\n", []string{k.Group, k.Kind, k.Namespace, k.Name}, k.Version, k.Hash, k.ResourceVersion, k.Kept)
		s.entries = append(s.entries, k.entry)
	}
	s.name = hex.EncodeToString(sum.Sum(nil)[:10])
	return s
}

// packEntries compresses entries.
func packEntries(entries []entry) ([]byte, error) {
	var b bytes.Buffer
	z := newPacker(&b)
	for _, e := range entries {
		z.add(e, e.body)
	}
	err := z.close()
	return b.Bytes(), err
}

// packIntents compresses intents.
func packIntents(intents []intent) ([]byte, error) {
	var b bytes.Buffer
	z := newPacker(&b)
	for _, i := range intents {
		z.add(i, i.before)
	}
	err := z.close()
	return b.Bytes(), err
}

// packer writes records, two lines each.
type packer struct {
	zip *gzip.Writer
	err error
}

// newPacker compresses quickly: most of what is packed are ConfigMaps of compressed job files, of which more effort would
// save nothing.
func newPacker(w io.Writer) *packer {
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	return &packer{zip, err}
}

func (p *packer) add(r record, body []byte) {
	if p.err != nil {
		return
	}
	var head []byte
	if head, p.err = r.header(); p.err == nil {
		_, p.err = p.zip.Write(slices.Concat(head, []byte{'\n'}, body, []byte{'\n'}))
	}
}

func (p *packer) close() error { return cmp.Or(p.err, p.zip.Close()) }

// unpackEntries reads what packEntries wrote.
func unpackEntries(packed []byte, into map[Identity]entry) error {
	return unpack(packed, func(head, body []byte) error {
		var e entry
		if err := json.Unmarshal(head, &e); err != nil {
			return err
		}
		e.body, e.steering = body, steeringOf(annotationsOf(body))
		into[e.Identity] = e
		return nil
	})
}

// unpackIntents reads what packIntents wrote.
func unpackIntents(packed []byte, into map[Identity]intent) error {
	return unpack(packed, func(head, body []byte) error {
		var i intent
		if err := json.Unmarshal(head, &i); err != nil {
			return err
		}
		i.before = body
		into[i.Identity] = i
		return nil
	})
}

// unpack calls each for every record; the bytes are each's to keep, nil where there are none.
func unpack(packed []byte, each func(head, body []byte) error) error {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	for lines := bufio.NewReader(zip); ; {
		head, err := lines.ReadBytes('\n')
		if err == io.EOF && len(head) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		body, err := lines.ReadBytes('\n')
		if err != nil {
			return err
		}
		if body = slices.Clip(body[:len(body)-1]); len(body) == 0 {
			body = nil
		}
		if err := each(head, body); err != nil {
			return err
		}
	}
}
