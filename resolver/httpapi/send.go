package httpapi

import (
	"errors"
	"net"
	"net/http"
	"strconv"
)

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
	return write(w, r, answer, encoding)
}

// write writes an answer as it lies in memory.
func write(w http.ResponseWriter, r *http.Request, answer content, encoding string) error {
	c, ok := r.Context().Value(connectionKey{}).(*connection)
	if !ok {
		return answer.gather(encoding, func(pieces [][]byte) error {
			all := net.Buffers(pieces)
			_, err := all.WriteTo(w)
			return err
		})
	}
	c.widen(bufferFor(answer.size(encoding)))
	return answer.gather(encoding, func(pieces [][]byte) error { return c.answer(w, pieces) })
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
