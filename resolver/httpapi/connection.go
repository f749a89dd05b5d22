package httpapi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
)

// How many bytes of answers the kernel takes at once from a connection's handler, so
// that it is done when the answer is made, and does not wait for the client once for
// every few packets. Linux takes twice as many, or twice net.core.wmem_max where that is
// less: older ones have 208 KiB there.
const (
	sendBuffer = 1 << 20
	// largeSendBuffer is for the few answers that do not fit into the other. Of those
	// that do not fit into this one either, little is taken at a time: else everybody
	// waits while some get theirs.
	largeSendBuffer   = 4 << 20
	endlessSendBuffer = 256 << 10
)

// Gathering gives a listener whose connections take answers as they lie in memory,
// in pieces: the kernel gathers them, and nobody copies them together before.
func Gathering(listener net.Listener) net.Listener { return gathering{listener} }

type gathering struct{ net.Listener }

func (g gathering) Accept() (net.Conn, error) {
	accepted, err := g.Listener.Accept()
	tcp, ok := accepted.(*net.TCPConn)
	if err != nil || !ok {
		return accepted, err
	}
	c := &connection{TCPConn: tcp}
	c.widen(sendBuffer)
	return c, nil
}

// connection is a client's.
type connection struct {
	*net.TCPConn

	buffer int
	// While it is holding, the header that is written waits in held for the answer's
	// pieces.
	holding bool
	held    []byte
}

// maxHeld is how many bytes wait at most: a header, and what net/http writes with it.
const maxHeld = 8 << 10

type connectionKey struct{}

// withConnection has handlers find a request's connection.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, c)
}

// widen sets the send buffer. Where the system does not want to, answers take
// longer, and nothing else.
func (c *connection) widen(size int) {
	if c.buffer != size {
		c.buffer = size
		_ = c.SetWriteBuffer(size)
	}
}

// bufferFor is the send buffer for an answer of a size.
func bufferFor(size int) int {
	switch {
	case size <= sendBuffer:
		return sendBuffer
	case size <= 2*largeSendBuffer:
		return largeSendBuffer
	default:
		return endlessSendBuffer
	}
}

// answer writes pieces of an answer. The first is free, for the header.
func (c *connection) answer(w http.ResponseWriter, pieces [][]byte) error {
	c.holding = true
	_, err := io.Copy(w, &rest{pieces: pieces, next: 1})
	if err = errors.Join(err, c.release()); err != nil {
		// net/http takes what was held back for sent: it would go on with the next answer.
		_ = c.Close()
	}
	return err
}

// Write writes to the client, or holds back the little that is written first.
func (c *connection) Write(p []byte) (int, error) {
	if c.holding && len(c.held)+len(p) <= maxHeld {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	if err := c.release(); err != nil {
		return 0, err
	}
	return c.TCPConn.Write(p)
}

// release holds nothing back any more.
func (c *connection) release() error {
	c.holding = false
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.TCPConn.Write(c.held)
	c.held = c.held[:0]
	return err
}

// ReadFrom sends what is held and the rest of an answer together. It is how net/http
// writes what is copied to a ResponseWriter, once the header is written.
func (c *connection) ReadFrom(from io.Reader) (int64, error) {
	answer, ok := from.(*rest)
	if !ok {
		return c.TCPConn.ReadFrom(from)
	}
	n, err := answer.after(c.held).WriteTo(c.TCPConn)
	n = max(0, n-int64(len(c.held)))
	c.holding, c.held = false, c.held[:0]
	return n, err
}

// rest is what has not been written of an answer's pieces: those from next on.
type rest struct {
	pieces [][]byte
	next   int
}

// Read takes bytes off the begin. It is how net/http takes the first few, which it
// writes with the header.
func (r *rest) Read(p []byte) (n int, err error) {
	for n < len(p) && r.next < len(r.pieces) {
		piece := &r.pieces[r.next]
		taken := copy(p[n:], *piece)
		n += taken
		if *piece = (*piece)[taken:]; len(*piece) == 0 {
			r.next++
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// after gives the pieces behind a header.
func (r *rest) after(head []byte) *net.Buffers {
	r.next--
	r.pieces[r.next] = head
	all := net.Buffers(r.pieces[r.next:])
	return &all
}
