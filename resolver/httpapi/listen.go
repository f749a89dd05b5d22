package httpapi

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Time-outs and the limit of a server. A client that does not send or does not
// read is dropped by them; until then it holds a connection of its own, and
// nobody else up.
const (
	headerTimeout  = 10 * time.Second
	requestTimeout = 30 * time.Second
	answerTimeout  = 2 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeader      = 64 << 10
)

// sendBuffer is how many bytes of answers the kernel takes at once from a
// connection's handler: more than most have, so that it is done when the answer
// is made, and does not wait for the client once for every few packets.
const sendBuffer = 1 << 20

// NewServer gives a server that answers by a handler, with a time-out for
// everything that a client may delay. What clients do wrong is logged as debug.
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnContext:       widened,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// widened gives a connection its send buffer. Where the system does not want to,
// answers take longer, and nothing else.
func widened(ctx context.Context, connection net.Conn) context.Context {
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer)
	}
	return ctx
}
