package resolver_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

func resolveAll(b *testing.B, c *corpus) []*resolver.Resolved {
	b.Helper()
	all := make([]*resolver.Resolved, len(c.configs))
	for i, config := range c.configs {
		resolved, findings := c.registry.Resolve(config)
		if len(findings) > 0 {
			b.Fatal(findings)
		}
		all[i] = resolved
	}
	return all
}

// BenchmarkResolve resolves the whole corpus, on one goroutine.
func BenchmarkResolve(b *testing.B) {
	c := openCorpus(b)
	b.ReportAllocs()
	for b.Loop() {
		resolveAll(b, c)
	}
	b.ReportMetric(float64(len(c.configs)*b.N)/b.Elapsed().Seconds(), "configs/s")
}

// BenchmarkBody lays out the bodies of the whole corpus for the first time.
func BenchmarkBody(b *testing.B) {
	c := openCorpus(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, resolved := range resolveAll(b, c) {
			if _, err := resolved.Body(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(c.configs)*b.N)/b.Elapsed().Seconds(), "bodies/s")
}

// BenchmarkGather gathers bodies of the corpus in rotation.
func BenchmarkGather(b *testing.B) {
	rotate(b, (*resolver.Body).Gather)
}

// BenchmarkGatherGzip gathers compressed bodies of the corpus in rotation.
func BenchmarkGatherGzip(b *testing.B) {
	rotate(b, (*resolver.Body).GatherGzip)
}

func discard([][]byte) error { return nil }

func rotate(b *testing.B, gather func(*resolver.Body, func([][]byte) error) error) {
	b.Helper()
	c := openCorpus(b)
	var bodies []*resolver.Body
	for _, resolved := range resolveAll(b, c) {
		body, err := resolved.Body()
		if err != nil {
			b.Fatal(err)
		}
		if err := gather(body, discard); err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if err := gather(bodies[i%len(bodies)], discard); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkDependents finds out from nothing who depends on what on the corpus.
func BenchmarkDependents(b *testing.B) {
	c := openCorpus(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		catalog := resolver.NewCatalog(c.registry, c.configs)
		b.StartTimer()
		catalog.Dependents()
	}
}

// BenchmarkFirstAfterAScript asks for a large configuration, compressed, for the first
// time after the script of a step that it has many times became another.
func BenchmarkFirstAfterAScript(b *testing.B) {
	c := openCorpus(b)
	catalog := resolver.NewCatalog(c.registry, c.configs)
	entry := catalog.Named(schema.Metadata{Org: "openshift", Repo: "hypershift", Branch: "release-4.14"})
	at := slices.IndexFunc(c.components.Refs, func(ref *schema.RegistryRef) bool { return ref.As == "ipi-install-install" })
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		ref := *c.components.Refs[at]
		ref.Commands += fmt.Sprintf("# %d\n", i)
		components := c.components
		components.Refs = slices.Clone(components.Refs)
		components.Refs[at] = &ref
		registry, _ := catalog.Registry().Next(components)
		catalog = catalog.Next(registry, nil, nil)
		b.StartTimer()
		body, err := catalog.Resolved(entry).Body()
		if err != nil {
			b.Fatal(err)
		}
		body.GzipLen()
		if err := body.GatherGzip(discard); err != nil {
			b.Fatal(err)
		}
	}
}
