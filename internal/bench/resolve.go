package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/schema"
)

// measureAnswers asks for the configurations in rotation, as they are and
// compressed.
func (b *bench) measureAnswers(ctx context.Context, r *running) error {
	queries, err := b.queries()
	if err != nil {
		return err
	}
	for _, encoding := range []string{"", "gzip", "zstd"} {
		if err := b.measureEncoding(ctx, r, queries, encoding); err != nil {
			return err
		}
	}
	return nil
}

// measureEncoding asks for every body once, for which the server makes what it
// keeps, and then for a time.
func (b *bench) measureEncoding(ctx context.Context, r *running, queries []string, encoding string) error {
	name := map[string]string{"": "uncompressed"}[encoding] + encoding
	requests := make([][]byte, len(queries))
	for i, query := range queries {
		requests[i] = fmt.Appendf(nil, "GET /config?%s HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: %s\r\n\r\n", query, encoding)
	}
	first, err := ask(ctx, r.address, requests, 0)
	if err != nil {
		return fmt.Errorf("ask for all configurations, %s: %w", name, err)
	}
	b.answers("answers, each for the first time, "+name, first, r)
	again, err := ask(ctx, r.address, requests, loadTime)
	if err != nil {
		return fmt.Errorf("ask for all configurations, %s: %w", name, err)
	}
	b.answers("answers, in rotation, "+name, again, r)
	return nil
}

// answers prints a load. Its ratio is to the reference's 306 requests a second.
func (b *bench) answers(what string, l load, r *running) {
	const reference = 306
	b.table.line(what, fmt.Sprintf("%.0f/s", l.perSecond()), "", fmt.Sprintf("%d MB", memoryOf(r.pid)>>20),
		fmt.Sprintf("%.1f times the reference; p50 %s, p99 %s; %d KB a body, %d connections", l.perSecond()/reference,
			l.at(50).Round(10*time.Microsecond), l.at(99).Round(10*time.Microsecond), l.bytes/int64(len(l.times))>>10, connections))
	b.table.note(what, l.perSecond(), "times/s", memoryOf(r.pid))
}

// queries are what /config is asked for, for each configuration.
func (b *bench) queries() ([]string, error) {
	var queries []string
	root := filepath.Join(b.release, "ci-operator", "config")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		query, err := queryOf(content)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		queries = append(queries, query)
		return nil
	})
	return queries, err
}

// queryOf asks for the configuration in a file. What it is of stands at the
// file's end.
func queryOf(content []byte) (string, error) {
	const key = "\nzz_generated_metadata:"
	var end struct {
		Metadata schema.Metadata `json:"zz_generated_metadata"`
	}
	at := max(bytes.LastIndex(content, []byte(key)), 0)
	if err := yaml.Unmarshal(content[at:], &end); err != nil {
		return "", err
	}
	values := url.Values{"org": {end.Metadata.Org}, "repo": {end.Metadata.Repo}, "branch": {end.Metadata.Branch}}
	if end.Metadata.Variant != "" {
		values.Set("variant", end.Metadata.Variant)
	}
	return values.Encode(), nil
}

// searches are what people type, letter by letter and at once.
func searches() []string {
	return []string{"i", "ip", "ipi", "ipi-install", "e2e-aws", "e", "openshift installer 4.14", "AWS_REGION", "zzz-nothing", "pull-ci-openshift"}
}

// measureSearch times what is found while one types.
func (b *bench) measureSearch(ctx context.Context, r *running) error {
	suggest := func(text string) string { return r.address + "/search/suggest?q=" + url.QueryEscape(text) }
	ready := func() bool { return strings.Contains(get(ctx, suggest("ipi-install")), "ipi-install") }
	if err := until(ctx, ready); err != nil {
		return fmt.Errorf("wait for the search: %w", err)
	}
	var slowest time.Duration
	var text string
	for _, query := range searches() {
		for range changes {
			start := time.Now()
			get(ctx, suggest(query))
			if took := time.Since(start); took > slowest {
				slowest, text = took, query
			}
		}
	}
	b.row("search while one types, the slowest", slowest, memoryOf(r.pid), fmt.Sprintf("for %q", text))
	return nil
}
