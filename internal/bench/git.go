package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// branch is the one that repositories here have, first their first commit.
const (
	branch = "refs/heads/main"
	first  = "refs/bench/first"
)

func git(ctx context.Context, dir string, args ...string) error {
	_, err := gitOutput(ctx, dir, nil, args...)
	return err
}

// gitOutput runs Git with some input, and gives what it says.
func gitOutput(ctx context.Context, dir string, input io.Reader, args ...string) (string, error) {
	args = append([]string{"-C", dir, "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0"}, args...)
	command := exec.CommandContext(ctx, "git", args...)
	var said bytes.Buffer
	command.Stdin, command.Stderr = input, &said
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %v: %w\n%s", args, err, said.Bytes())
	}
	return string(output), nil
}

// repositoryOf makes a folder a Git repository with one commit.
func repositoryOf(ctx context.Context, dir string) error {
	if err := git(ctx, dir, "init", "--quiet", "--initial-branch=main"); err != nil {
		return err
	}
	if err := git(ctx, dir, "add", "--all"); err != nil {
		return err
	}
	return git(ctx, dir, "commit", "--quiet", "--message", "first")
}

// history is a stream of commits for `git fast-import`, which needs no folder to
// commit from.
type history struct {
	out     *bufio.Writer
	commits int
}

// commit begins a commit; the files that it changes come next. It is upon the one
// before, the first upon from, if that is not empty.
func (h *history) commit(from string) {
	h.commits++
	fmt.Fprintf(h.out, "commit refs/bench/new\nmark :%d\ncommitter bench <bench@localhost> %d +0000\ndata 5\nbench\n", h.commits, time.Now().Unix())
	if from != "" {
		fmt.Fprintf(h.out, "from %s\n", from)
	}
}

// file gives the commit a file.
func (h *history) file(path, mode string, content []byte) {
	fmt.Fprintf(h.out, "M %s inline %s\ndata %d\n%s\n", mode, path, len(content), content)
}

// mode of a plain file, for Git.
const plainFile = "100644"

// importCommits makes the commits that are written to a history, on no branch,
// and gives their hashes. To put the branch on one of them takes nothing, so that
// Git does not stand in the way of whoever asks meanwhile.
func importCommits(ctx context.Context, repository string, write func(*history) error) ([]string, error) {
	in, out := io.Pipe()
	go func() {
		h := &history{out: bufio.NewWriterSize(out, 1<<20)}
		err := write(h)
		for i := range h.commits {
			fmt.Fprintf(h.out, "get-mark :%d\n", i+1)
		}
		if flushErr := h.out.Flush(); err == nil {
			err = flushErr
		}
		_ = out.CloseWithError(err)
	}()
	// Few objects become loose ones, as those of `git commit` do.
	said, err := gitOutput(ctx, repository, in, "-c", "fastimport.unpackLimit=1000", "-c", "core.compression=1",
		"fast-import", "--quiet", "--force")
	_ = in.CloseWithError(io.ErrClosedPipe) // where Git ended early, nobody reads
	return strings.Fields(said), err
}

// moveTo puts the branch on a commit, in the way of Git but without starting one.
func moveTo(repository, hash string) error {
	ref := filepath.Join(repository, ".git", filepath.FromSlash(branch))
	if err := os.WriteFile(ref+".lock", []byte(hash+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(ref+".lock", ref)
}
