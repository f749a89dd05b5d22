package workers

import "sync/atomic"

var answering atomic.Bool //nolint:gochecknoglobals // a process answers or does not

// AnswerFirst has [GiveWay] give way from now on. It is for processes that answer
// requests while they work.
func AnswerFirst() { answering.Store(true) }

// GiveWay lets threads that wait for this one's processor go first, in a process that
// answers meanwhile: else the system lets a thread compute for several milliseconds, and
// who asks would wait for that. Long work calls it several times in a millisecond. It
// takes half a microsecond, and [Each] does it by itself.
func GiveWay() {
	if answering.Load() {
		giveWay()
	}
}
