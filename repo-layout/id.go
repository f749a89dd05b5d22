package repolayout

import (
	"crypto/sha1" //nolint:gosec // Git's content ids, not a signature
	"encoding/hex"
	"strconv"
)

// ID identifies content: Git's own id of a blob or of a tree. The zero ID
// means unknown.
type ID [sha1.Size]byte

// String is the id in hexadecimal.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// BlobID gives the id that Git gives to a file's content.
func BlobID(content []byte) ID {
	hash := sha1.New() //nolint:gosec // see ID
	hash.Write([]byte("blob " + strconv.Itoa(len(content)) + "\x00"))
	hash.Write(content)
	return ID(hash.Sum(nil))
}

// combine gives one id for content that is made of several.
func combine(ids ...ID) ID {
	hash := sha1.New() //nolint:gosec // see ID
	for _, id := range ids {
		hash.Write(id[:])
	}
	return ID(hash.Sum(nil))
}
