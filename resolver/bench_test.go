package resolver_test

import (
	"io"
	"testing"

	"github.com/drover-ci/drover/resolver"
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

// BenchmarkWrite writes bodies of the corpus in rotation.
func BenchmarkWrite(b *testing.B) {
	rotate(b, (*resolver.Body).Write)
}

// BenchmarkWriteGzip writes compressed bodies of the corpus in rotation.
func BenchmarkWriteGzip(b *testing.B) {
	rotate(b, (*resolver.Body).WriteGzip)
}

func rotate(b *testing.B, write func(*resolver.Body, io.Writer) error) {
	b.Helper()
	c := openCorpus(b)
	var bodies []*resolver.Body
	for _, resolved := range resolveAll(b, c) {
		body, err := resolved.Body()
		if err != nil {
			b.Fatal(err)
		}
		if err := write(body, io.Discard); err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		into := &buffer{}
		for i := 0; pb.Next(); i++ {
			into.text = into.text[:0]
			if err := write(bodies[i%len(bodies)], into); err != nil {
				b.Error(err)
			}
		}
	})
}

// buffer keeps its space.
type buffer struct{ text []byte }

func (b *buffer) Write(p []byte) (int, error) {
	b.text = append(b.text, p...)
	return len(p), nil
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
