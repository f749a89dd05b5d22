package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows on a terminal that something goes on. In a pipe it shows
// nothing, and neither does work that ends at once.
type progress struct {
	out  io.Writer
	what string
	stop chan struct{}
	once sync.Once
	done sync.WaitGroup
}

// newProgress starts to show what is done. End must be called.
func newProgress(out io.Writer, what string) *progress {
	p := &progress{out: out, what: what, stop: make(chan struct{})}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.done.Go(p.show)
	}
	return p
}

func (p *progress) show() {
	start := time.Now()
	ticker := time.NewTicker(300 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			_, _ = fmt.Fprint(p.out, "\r\033[K")
			return
		case <-ticker.C:
			_, _ = fmt.Fprintf(p.out, "\r\033[K%s … %s", p.what, time.Since(start).Round(100*time.Millisecond))
		}
	}
}

// end takes the line away. It may be called more than once.
func (p *progress) end() {
	p.once.Do(func() { close(p.stop) })
	p.done.Wait()
}
