package httpapi

import (
	"bufio"
	"errors"
	"net/http"
	"strconv"
	"sync"
)

// writers gather the many pieces of a body into one write, or few.
var writers = sync.Pool{ //nolint:gochecknoglobals // what is taken from it holds nothing of its last use
	New: func() any { return bufio.NewWriterSize(nil, 256<<10) },
}

// send writes an answer, or says that the client has it already.
func send(w http.ResponseWriter, r *http.Request, answer content) error {
	encoding := chooseEncoding(r.Header, answer.encodings())
	tag := entityTag(answer.digest(), encoding)
	header := w.Header()
	header.Set("ETag", tag)
	header.Set("Cache-Control", "no-cache")
	if len(answer.encodings()) > 0 {
		header.Set("Vary", "Accept-Encoding")
	}
	if r.Method != http.MethodPost && known(r.Header, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", answer.mediaType())
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(answer.size(encoding)))
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	if r.Method == http.MethodHead {
		return nil
	}
	return writeBuffered(w, answer, encoding)
}

func writeBuffered(w http.ResponseWriter, answer content, encoding string) error {
	buffer, _ := writers.Get().(*bufio.Writer) // it holds nothing else
	buffer.Reset(w)
	defer func() {
		buffer.Reset(nil)
		writers.Put(buffer)
	}()
	if err := answer.write(buffer, encoding); err != nil {
		return err
	}
	return buffer.Flush()
}

// refuse answers with one line that says why.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, e endpoint, err error) {
	f := errInternal
	if !errors.As(err, &f) {
		s.logger.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error", err)
	}
	if f == errNotImplemented {
		w.Header().Set("Allow", e.allowed())
	}
	s.measures.failed(f.kind)
	http.Error(w, oneLine(f.reason), f.status)
}
