package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// measureGenerate makes all job files, and then looks whether a tree that has
// them is up to date: from nothing, with what an earlier run found, and when one
// configuration has changed since.
func (b *bench) measureGenerate(ctx context.Context) error {
	err := b.command(ctx, "generate, cold, from an empty tree", "generate", "--no-clusters", "--repo", b.release, "--out", filepath.Join(b.work, "jobs"))
	if err != nil {
		return err
	}
	tree := filepath.Join(b.work, "tree")
	if err := os.CopyFS(tree, os.DirFS(b.release)); err != nil {
		return fmt.Errorf("copy the release repository: %w", err)
	}
	for _, run := range [][]string{
		{"generate in place, with clusters", "--no-cache"},
		{"generate --check, with clusters", "--check", "--no-cache"},
		{"generate --check, the first that remembers", "--check"},
		{"generate --check, nothing changed", "--check"},
		{"generate in place, nothing changed"},
	} {
		if err := b.command(ctx, run[0], append([]string{"generate", "--repo", tree}, run[1:]...)...); err != nil {
			return err
		}
	}
	file := filepath.Join(tree, filepath.FromSlash(changedConfig))
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if content, err = configChange().edit(content, configChange().mark(0)); err != nil {
		return err
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return err
	}
	return b.command(ctx, "generate in place, one configuration changed", "generate", "--repo", tree)
}
