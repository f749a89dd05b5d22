package httpapi

import (
	"log/slog"
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

// NewServer gives a server that answers by a handler, with a time-out for
// everything that a client may delay. What clients do wrong is logged as debug. It
// is to serve a listener of [Gathering].
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnContext:       withConnection,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
