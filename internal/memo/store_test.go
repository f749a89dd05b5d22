package memo_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/drover-ci/drover/internal/memo"
)

func TestWhatWasPutIsThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	key := memo.NewKey("check", "v1")
	if _, ok := memo.Open(dir).Get(key); ok {
		t.Error("an empty store gave a value")
	}
	memo.Open(dir).Put(key, []byte("fine"))
	if value, ok := memo.Open(dir).Get(key); !ok || string(value) != "fine" {
		t.Errorf("got %q, %t", value, ok)
	}
	if _, ok := memo.Open(dir).Get(memo.NewKey("check", "v2")); ok {
		t.Error("another version got the value")
	}
}

func TestKeysKeepTheirParts(t *testing.T) {
	if memo.NewKey("ab", "c") == memo.NewKey("a", "bc") || memo.NewKey("a", "b") == memo.NewKey("b", "a") || memo.NewKey() == memo.NewKey("") {
		t.Error("different parts have one key")
	}
}

// TestDamageIsNotBelieved cuts, flips and exchanges the bytes of a file.
func TestDamageIsNotBelieved(t *testing.T) {
	dir := t.TempDir()
	store := memo.Open(dir)
	key, other := memo.NewKey("key"), memo.NewKey("other")
	store.Put(other, []byte("another value"))
	foreign := onlyFile(t, dir)
	store.Put(key, bytes.Repeat([]byte("value"), 10))
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 2 {
		t.Fatal(names, err)
	}
	name := names[0]
	if bytes.Equal(read(t, name), foreign) {
		name = names[1]
	}
	whole := read(t, name)
	damaged := map[string][]byte{"empty": {}, "foreign": foreign}
	for i := range whole {
		damaged[fmt.Sprintf("cut at %d", i)] = whole[:i]
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1 << (i % 8)
		damaged[fmt.Sprintf("flipped at %d", i)] = flipped
	}
	for what, content := range damaged {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if value, ok := store.Get(key); ok {
			t.Errorf("%s: got %q", what, value)
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func onlyFile(t *testing.T, dir string) []byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	return read(t, names[0])
}

// TestManyMayWriteAtOnce has writers and readers of the same keys.
func TestManyMayWriteAtOnce(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			store := memo.Open(dir)
			for i := range 100 {
				name := strconv.Itoa(i % 5)
				key, want := memo.NewKey(name), bytes.Repeat([]byte(name), 1000)
				store.Put(key, want)
				if value, ok := store.Get(key); !ok || !bytes.Equal(value, want) {
					t.Errorf("key %s: got %d bytes, %t", name, len(value), ok)
				}
			}
		})
	}
	group.Wait()
}

func TestAStoreThatCannotBeIsOnlySlow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, store := range map[string]*memo.Store{"none": nil, "in a file": memo.Open(filepath.Join(file, "store"))} {
		store.Put(memo.NewKey("a"), []byte("b"))
		if _, ok := store.Get(memo.NewKey("a")); ok {
			t.Errorf("%s: kept a value", name)
		}
	}
}
