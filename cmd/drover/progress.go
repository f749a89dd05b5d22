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
	if file, ok := out.(*os.File); ok && isTerminal(out) && os.Getenv("TERM") != "dumb" {
		p.done.Go(func() { p.show(file) })
	}
	return p
}

func (p *progress) show(terminal *os.File) {
	start := time.Now()
	ticker := time.NewTicker(300 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			_, _ = fmt.Fprint(p.out, "\r\033[K")
			return
		case <-ticker.C:
			width, _, _ := term.GetSize(int(terminal.Fd()))
			line := fmt.Sprintf("%s … %s", p.what, time.Since(start).Round(100*time.Millisecond))
			_, _ = fmt.Fprint(p.out, "\r\033[K"+unwrapped(line, width))
		}
	}
}

// unwrapped is so much of a line as a terminal of this width shows in one row: what
// it wraps could not be taken away again. Width 0 is one that is not known.
func unwrapped(line string, width int) string {
	shown := []rune(line)
	if width <= 0 || len(shown) < width {
		return line
	}
	return string(shown[:width-1])
}

// end takes the line away. It may be called more than once.
func (p *progress) end() {
	p.once.Do(func() { close(p.stop) })
	p.done.Wait()
}
