package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/boskos"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/schema"
)

// TestHeldLeasesSpeakAgainstChanges takes a revision's quotas for another's
// while somebody holds leases.
func TestHeldLeasesSpeakAgainstChanges(t *testing.T) {
	before := map[string]schema.Quota{
		"named":  {"east": 2, "host": 1},
		"demand": {"default": 3},
	}
	held := []leases.Resource{
		{Type: "named", Name: "host", Owner: "job-1"},
		{Type: "named", Name: "east--named-0"},
		{Type: "demand", Name: "d-1", Owner: "job-3"},
		{Type: "demand", Name: "d-2", Owner: "job-2"},
		{Type: "foreign", Name: "f", Owner: "job-4"},
	}
	const instead = ": wait until they are given back, or add a type of another name"
	for name, test := range map[string]struct {
		reason string
		after  map[string]schema.Quota
		want   []string
	}{
		"nothing": {reason: "what stays is no problem", after: before},
		"smaller": {
			reason: "fewer leases drain",
			after:  map[string]schema.Quota{"named": {"host": 1}, "demand": {"default": 1}},
		},
		"slice dropped": {
			reason: "a held lease that goes drains as well",
			after:  map[string]schema.Quota{"named": {"east": 2}, "demand": {"default": 3}},
		},
		"removed": {
			reason: "nobody would take the leases back",
			after:  map[string]schema.Quota{"named": {"east": 2, "host": 1}},
			want: []string{`quotas["demand"]: the lease type is removed while 2 of its leases are held (d-1 by job-3, d-2 by job-2)` +
				": wait until they are given back, or lower its quota first"},
		},
		"both change kind": {
			reason: "each is said once",
			after:  map[string]schema.Quota{"named": {"default": 3}, "demand": {"east": 3}},
			want: []string{
				`quotas["demand"]: the lease type changes from leases on demand to named ones while 2 of its leases are held (d-1 by job-3, d-2 by job-2)` + instead,
				`quotas["named"]: the lease type changes from named leases to leases on demand while 1 of its leases are held (host by job-1)` + instead,
			},
		},
		"moved": {
			reason: "a real Boskos stops at a lease whose type changes",
			after:  map[string]schema.Quota{"named": {"east": 2}, "other": {"host": 1}, "demand": {"default": 3}},
			want:   []string{`quotas["named"]: the lease type gives a lease to other while 1 of its leases are held (host by job-1)` + instead},
		},
		"free ones moved": {
			reason: "nobody holds it",
			after:  map[string]schema.Quota{"named": {"east": 1, "host": 1}, "other": {"east--named-0": 1}, "demand": {"default": 3}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			kinds := func(quotas map[string]schema.Quota) leaseKinds {
				return newLeaseKinds(boskos.New(&schema.QuotasFile{Quotas: quotas}))
			}
			old, next := kinds(before), kinds(test.after)
			var got []string
			for _, problem := range heldProblems("quotas.yaml", held, old, next) {
				got = append(got, problem.Path+": "+problem.Message)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
			if len(test.want) > 0 && !old.changesInto(next) {
				t.Error("the quick look says that nothing changes")
			}
		})
	}
}
