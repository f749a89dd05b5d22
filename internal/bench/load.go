package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// How hard the resolver is asked, and for how long once every body was asked for.
const (
	connections = 16
	loadTime    = 10 * time.Second
)

// load is what a time of asking came to.
type load struct {
	// took is from the first request until the last answer, in all connections.
	took time.Duration
	// times are those of each request, in order of length.
	times []time.Duration
	// bytes are those of all bodies.
	bytes int64
}

func (l load) perSecond() float64 { return float64(len(l.times)) / l.took.Seconds() }

// at is the time that so many of a hundred requests took at most.
func (l load) at(percent int) time.Duration { return atPercent(l.times, percent) }

func atPercent(sorted []time.Duration, percent int) time.Duration {
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

// ask sends the requests in rotation over all connections, at least each once,
// and goes on for a time. It shares the processors with the server, so it does
// as little as it can: requests are written before, and bodies are counted by
// the kernel and never read into memory.
func ask(ctx context.Context, address string, requests [][]byte, least time.Duration) (load, error) {
	var next atomic.Int64
	results := make([]load, connections)
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for i := range results {
		group.Go(func() error {
			c, err := connect(ctx, address)
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			for {
				n := int(next.Add(1)) - 1
				if ctx.Err() != nil || (n >= len(requests) && time.Since(start) > least) {
					return ctx.Err()
				}
				sent := time.Now()
				size, err := c.exchange(requests[n%len(requests)])
				if err != nil {
					return fmt.Errorf("%.120q: %w", requests[n%len(requests)], err)
				}
				results[i].times = append(results[i].times, time.Since(sent))
				results[i].bytes += int64(size)
			}
		})
	}
	if err := group.Wait(); err != nil {
		return load{}, err
	}
	whole := load{took: time.Since(start)}
	for _, each := range results {
		whole.times = append(whole.times, each.times...)
		whole.bytes += each.bytes
	}
	slices.Sort(whole.times)
	return whole, nil
}

// connection is one that is kept.
type connection struct {
	*net.TCPConn

	raw    syscall.RawConn
	buffer [4 << 10]byte
	unread [1 << 20]byte
}

func connect(ctx context.Context, address string) (*connection, error) {
	var dialer net.Dialer
	opened, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		return nil, err
	}
	tcp, ok := opened.(*net.TCPConn)
	if !ok {
		return nil, fmt.Errorf("no TCP connection, but %T", opened)
	}
	raw, err := tcp.SyscallConn()
	return &connection{TCPConn: tcp, raw: raw}, err
}

// exchange sends a request, and gives the size of the answer's body.
func (c *connection) exchange(request []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, err
	}
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	have, head := 0, -1
	for head < 0 {
		n, err := c.Read(c.buffer[have:])
		if err != nil {
			return 0, err
		}
		have += n
		head = bytes.Index(c.buffer[:have], []byte("\r\n\r\n"))
	}
	size, err := sizeOf(c.buffer[:head])
	if err != nil {
		return 0, err
	}
	return size, c.skip(size - (have - head - len("\r\n\r\n")))
}

// sizeOf reads the size of the body from an answer's head.
func sizeOf(head []byte) (int, error) {
	status, _, _ := bytes.Cut(head, []byte("\r\n"))
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return 0, fmt.Errorf("answered %q", status)
	}
	_, rest, found := bytes.Cut(head, []byte("\r\nContent-Length: "))
	if !found {
		return 0, errors.New("no Content-Length")
	}
	value, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return strconv.Atoi(string(value))
}

// skip takes bytes off the connection. MSG_TRUNC has the kernel drop them
// uncopied.
func (c *connection) skip(size int) error {
	for size > 0 {
		var n int
		var err error
		readErr := c.raw.Read(func(fd uintptr) bool {
			n, _, err = syscall.Recvfrom(int(fd), c.unread[:min(size, len(c.unread))], syscall.MSG_TRUNC|syscall.MSG_DONTWAIT)
			return !errors.Is(err, syscall.EAGAIN)
		})
		if readErr != nil || err != nil {
			return errors.Join(readErr, err)
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		size -= n
	}
	return nil
}
