package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/drover-ci/drover/resolver"
)

// content is what a request is answered with.
type content interface {
	// mediaType is the Content-Type.
	mediaType() string
	// digest is the same only for the same content.
	digest() string
	// size is how many bytes gather gathers.
	size(encoding string) int
	// gather is as [resolver.Body.Gather].
	gather(encoding string, send func(pieces [][]byte) error) error
	// encodings are those it can be written in besides the identity.
	encodings() []string
}

// The encodings of configurations.
const (
	gzip = "gzip"
	zstd = "zstd"
)

// configBody is a resolved configuration.
type configBody struct{ *resolver.Body }

func (configBody) mediaType() string   { return "application/json" }
func (b configBody) digest() string    { return b.Digest() }
func (configBody) encodings() []string { return []string{zstd, gzip} }

func (b configBody) size(encoding string) int {
	switch encoding {
	case zstd:
		return b.ZstdLen()
	case gzip:
		return b.GzipLen()
	default:
		return b.Len()
	}
}

func (b configBody) gather(encoding string, send func(pieces [][]byte) error) error {
	switch encoding {
	case zstd:
		return b.GatherZstd(send)
	case gzip:
		return b.GatherGzip(send)
	default:
		return b.Gather(send)
	}
}

// document is a small answer.
type document struct {
	kind string
	text []byte
}

func plainText(text string) document { return document{"text/plain; charset=utf-8", []byte(text)} }

func jsonDocument(value any) (document, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return document{"application/json", text}, err
}

func (d document) mediaType() string   { return d.kind }
func (d document) encodings() []string { return nil }
func (d document) size(string) int     { return len(d.text) }

func (d document) digest() string {
	sum := sha256.Sum256(d.text)
	return hex.EncodeToString(sum[:16])
}

func (d document) gather(_ string, send func(pieces [][]byte) error) error {
	return send([][]byte{nil, d.text})
}
