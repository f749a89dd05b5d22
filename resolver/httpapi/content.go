package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	"github.com/drover-ci/drover/resolver"
)

// content is what a request is answered with.
type content interface {
	// mediaType is the Content-Type.
	mediaType() string
	// digest is the same only for the same content.
	digest() string
	// in is the content in an encoding, "" for none.
	in(encoding string) text
	// encodings are those it can be written in besides the identity.
	encodings() []string
}

// text is content in an encoding.
type text interface {
	// Len is how many bytes Write writes.
	Len() int
	Write(w io.Writer) error
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

func (b configBody) in(encoding string) text {
	switch encoding {
	case zstd:
		return b.Zstd()
	case gzip:
		return b.Gzip()
	default:
		return b.Plain()
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
func (d document) in(string) text      { return d }

// Len implements text.
func (d document) Len() int { return len(d.text) }

// Write implements text.
func (d document) Write(w io.Writer) error {
	_, err := w.Write(d.text)
	return err
}

func (d document) digest() string {
	sum := sha256.Sum256(d.text)
	return hex.EncodeToString(sum[:16])
}
