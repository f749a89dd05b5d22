package configmaps

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/drover-ci/drover/generators"
)

// keyed is what a ConfigMap holds under a key.
type keyed struct {
	key     string
	content []byte
	// encoded is the content in the form that an object has of binary ones, where it
	// was made ahead; then there is no other.
	encoded string
}

// size is how many bytes the content has.
func (k keyed) size() int {
	if k.encoded == "" {
		return len(k.content)
	}
	return base64.StdEncoding.DecodedLen(len(k.encoded)) - strings.Count(k.encoded[len(k.encoded)-2:], "=")
}

// equal says whether both are the same. Contents that were taken over are the
// same memory, so that comparing them costs nothing.
func (k keyed) equal(other keyed) bool {
	return k.key == other.key && k.encoded == other.encoded && bytes.Equal(k.content, other.content)
}

// newConfigMap makes an object of files, whose keys differ. Text is kept
// readable, all else is binary.
func newConfigMap(namespace, name string, files []keyed) generators.Object {
	data, binary := map[string]any{}, map[string]any{}
	for _, file := range files {
		switch {
		case file.encoded != "":
			binary[file.key] = file.encoded
		case utf8.Valid(file.content):
			data[file.key] = string(file.content)
		default:
			binary[file.key] = base64.StdEncoding.EncodeToString(file.content)
		}
	}
	object := map[string]any{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata":   map[string]any{"name": name, "namespace": namespace},
	}
	if len(data) > 0 {
		object["data"] = data
	}
	if len(binary) > 0 {
		object["binaryData"] = binary
	}
	return generators.Object{Unstructured: &unstructured.Unstructured{Object: object}}
}

// newNamespace makes the namespace of published ConfigMaps. It is kept when
// nothing is published there any more, because others may use it.
func newNamespace(name string) generators.Object {
	return generators.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "Namespace",
		"metadata": map[string]any{
			"name":        name,
			"annotations": map[string]any{generators.PruneAnnotation: generators.PruneDisabled},
		},
	}}}
}

// compressors are used again: a new one is a megabyte, and there are thousands of
// files.
//
//nolint:gochecknoglobals // memory without content
var compressors = sync.Pool{New: func() any {
	writer, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for levels that there are not
	return writer
}}

// compress gives the same bytes for the same content: the header has no time
// and no name. Jobs repeat themselves so much that the quickest level does.
func compress(content []byte) ([]byte, error) {
	var out bytes.Buffer
	writer, _ := compressors.Get().(*gzip.Writer)
	defer compressors.Put(writer)
	writer.Reset(&out)
	if _, err := writer.Write(content); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return out.Bytes(), nil
}
