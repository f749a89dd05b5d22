package gitsource

import (
	"bytes"
	"errors"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/memory"
)

// TestAPackThatGrowsIsNotUnpacked: its size says nothing of what it holds.
func TestAPackThatGrowsIsNotUnpacked(t *testing.T) {
	const size = 1 << 20
	objects := memory.NewStorage()
	var hashes []plumbing.Hash
	for _, content := range [][]byte{make([]byte, size), []byte("small")} {
		blob := objects.NewEncodedObject()
		blob.SetType(plumbing.BlobObject)
		if writer, err := blob.Writer(); err != nil {
			t.Fatal(err)
		} else if _, err := writer.Write(content); err != nil {
			t.Fatal(err)
		}
		hash, err := objects.SetEncodedObject(blob)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, hash)
	}
	var pack bytes.Buffer
	if _, err := packfile.NewEncoder(&pack, objects, false).Encode(hashes, 0); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		most, mostUnpacked int
		fits               bool
	}{
		{most: pack.Len(), mostUnpacked: size + 5, fits: true},
		{most: pack.Len(), mostUnpacked: size + 4},
		{most: pack.Len(), mostUnpacked: size - 1},
		{most: pack.Len() - 1, mostUnpacked: size + 5},
	} {
		if err := fits(pack.Bytes(), test.most, test.mostUnpacked); (err == nil) != test.fits || err != nil && !errors.Is(err, errTooMuchNew) {
			t.Errorf("%d bytes within %d, of %d: %v", test.most, test.mostUnpacked, pack.Len(), err)
		}
	}
	if fits(pack.Bytes()[:pack.Len()/2], maxThin, maxUnpacked) == nil {
		t.Error("a pack that was cut off fits")
	}
}
