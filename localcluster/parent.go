package main

import (
	"context"
	"io"
)

// endWithParent gives a context that ends with ctx, when stdin does, or when the parent process does. A parent holds the
// other end of stdin, which closes with it, however it ends; that the process itself is watched as well helps where
// somebody else has inherited that end.
func endWithParent(ctx context.Context, stdin io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, stdin) // it ends, however it ends
	}()
	go func() {
		if awaitParent() {
			cancel()
		}
	}()
	return ctx
}
