package reconciler

import (
	"log/slog"
	"time"
)

// repeatFailure is how long a failure that lasts is not told of again.
const repeatFailure = 10 * time.Minute

// failing is what was last said to fail. What is tried again and again, and fails
// in the same way, is told of once, and then now and then.
type failing struct {
	said string
	at   time.Time
}

// level is how a failure is to be logged.
func (f *failing) level(revision string, err error) slog.Level {
	said, now := revision+": "+err.Error(), time.Now()
	if said == f.said && now.Sub(f.at) < repeatFailure {
		return slog.LevelDebug
	}
	f.said, f.at = said, now
	return slog.LevelError
}

// over takes note that nothing fails any more: the next failure is news, even if it
// is the same.
func (f *failing) over() { *f = failing{} }
