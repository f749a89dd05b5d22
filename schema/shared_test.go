package schema_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/schema"
)

// What a file says twice in the same words is there once, and what it says in others is
// not: neither where they are quoted otherwise, nor where a text holds what stands
// between two.
func TestEqualValuesAreOne(t *testing.T) {
	t.Parallel()
	servers := [][]string{{"a", "b"}, {"a", "b"}, {"ab"}, {"a\x00\x00\x08\x02!!str\x00b"}, {"a"}}
	var config schema.Config
	problems := schema.Decode("config.yaml", []byte(`
tests:
- as: all
  steps:
    pre: [{ref: one}, {chain: one}, {ref: one}, {ref: two}]
    test:
    - {as: s0, commands: c, from: src, resources: {requests: {cpu: "1"}}, dnsConfig: {nameservers: ["a", "b"]}}
    - {as: s1, commands: c, from: src, resources: {requests: {cpu: "1"}}, dnsConfig: {nameservers: ["a", "b"]}}
    - {as: s2, commands: c, from: src, resources: {requests: {cpu: 1}}, dnsConfig: {nameservers: ["ab"]}}
    - {as: s3, commands: c, from: src, resources: {requests: {cpu: "1"}}, dnsConfig: {nameservers: ["a\0\0\x08\x02!!str\0b"]}}
    - {as: s4, commands: c, from: src, resources: {requests: {cpu: "2"}}, dnsConfig: {nameservers: ["a"]}}
`), &config)
	steps := config.Tests[0].Steps.Test
	if len(steps) != len(servers) {
		t.Fatalf("there are %d steps: %v", len(steps), problems)
	}
	for i, step := range steps {
		if step.DNSConfig == nil || !slices.Equal(step.DNSConfig.Nameservers, servers[i]) {
			t.Errorf("step %d has %v, want %q", i, step.DNSConfig, servers[i])
		}
	}
	if steps[0].DNSConfig != steps[1].DNSConfig {
		t.Error("equal values are two")
	}
	pre := config.Tests[0].Steps.Pre
	if pre[0].Reference != pre[2].Reference || *pre[0].Reference != "one" || *pre[3].Reference != "two" || *pre[1].Chain != "one" {
		t.Errorf("the names are not there once, or not as they are written: %v", pre)
	}
	amounts := []string{}
	for _, step := range steps {
		amounts = append(amounts, step.Resources.Requests["cpu"])
	}
	if diff := cmp.Diff([]string{"1", "1", "1", "1", "2"}, amounts); diff != "" {
		t.Errorf("amounts, -want +got:\n%s", diff)
	}
}
