package memo

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheStoreIsBounded(t *testing.T) {
	s := &Store{dir: t.TempDir(), limit: 1000}
	long, recent, last := NewKey("long ago"), NewKey("recently"), NewKey("now")
	s.Put(long, make([]byte, 400))
	s.Put(recent, make([]byte, 400))
	past := time.Now().Add(-time.Minute)
	if err := os.Chtimes(s.path(long), past, past); err != nil {
		t.Fatal(err)
	}
	s.Put(last, make([]byte, 400))
	for key, want := range map[Key]bool{long: false, recent: true, last: true} {
		if _, ok := s.Get(key); ok != want {
			t.Errorf("kept %t, want %t", ok, want)
		}
	}
}

func TestWhatWasNeverFinishedIsRemoved(t *testing.T) {
	s := Open(t.TempDir())
	left := filepath.Join(s.dir, unfinished+"1")
	now := filepath.Join(s.dir, unfinished+"2")
	for _, name := range []string{left, now} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * abandoned)
	if err := os.Chtimes(left, past, past); err != nil {
		t.Fatal(err)
	}
	s.Put(NewKey("a"), nil)
	if _, err := os.Stat(left); err == nil {
		t.Error("a file that was never finished is still there")
	}
	if _, err := os.Stat(now); err != nil {
		t.Error("a file that is being written was removed")
	}
}
