package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Rules about who may use what.
const (
	RuleProfileOwner = "profile-owner"
	RuleClaimOwner   = "claim-owner"
	RuleProfileSet   = "profile-set"
	RuleOwnerTwice   = "duplicate-owner"
)

// claim: the pool's labels are the claim's fields, and the pool's owner lets
// the repository use it.
func (c *configCheck) claim(field string, claim *schema.ClusterClaim) {
	for _, label := range slices.Sorted(maps.Keys(claim.Labels)) {
		if slices.Contains(c.world.known.ClaimLabels, label) {
			c.reportf(key(field+".labels", label), RuleClaim, "the claim's own field says this (found the label %q, want cluster_claim.%s)", label, label)
		}
	}
	known := c.world.claims[claim.Owner]
	if known == nil || c.world.allows(known.Owners, c.config.Metadata) {
		return
	}
	c.alsof([]schema.Place{place(c.world.claimsFile, "")}, field+".owner", RuleClaimOwner,
		"the repository may not claim clusters of this owner (found %q for %s, want one of %s, as %s says)",
		claim.Owner, c.config.Metadata.Component(), ownersText(known.Owners), c.world.claimsFile)
}

// allows says whether owners include a repository. Where there are none,
// everybody is.
func (w *world) allows(owners []schema.ClusterProfileOwner, m schema.Metadata) bool {
	if len(owners) == 0 || owned(owners, m.Org, m.Repo) {
		return true
	}
	original, isMirror := w.mirrors[m.Org]
	if !isMirror {
		return false
	}
	// A copy is named as the original, or by the original's organization too.
	return owned(owners, original, m.Repo) || slices.ContainsFunc(owners, func(owner schema.ClusterProfileOwner) bool {
		repo, ok := strings.CutPrefix(m.Repo, owner.Org+"-")
		return ok && owned([]schema.ClusterProfileOwner{owner}, owner.Org, repo)
	})
}

func owned(owners []schema.ClusterProfileOwner, org, repo string) bool {
	return slices.ContainsFunc(owners, func(owner schema.ClusterProfileOwner) bool {
		return owner.Org == org && (len(owner.Repos) == 0 || slices.Contains(owner.Repos, repo))
	})
}

// ownersText lists owners for a message.
func ownersText(owners []schema.ClusterProfileOwner) string {
	var names []string
	for _, owner := range owners {
		if len(owner.Repos) == 0 {
			names = append(names, owner.Org)
		}
		for _, repo := range owner.Repos {
			names = append(names, owner.Org+"/"+repo)
		}
	}
	const most = 8
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

// checkProfiles checks the list of cluster profiles: there are leases of what they
// ask for, owners are named once, and sets consist of profiles.
func checkProfiles(repo *repolayout.Repo, w *world) []schema.Problem {
	c := &collector{file: repo.Profiles.Path}
	profiles := repo.Profiles.Value.ClusterProfiles
	byName := map[string]*schema.ClusterProfileEntry{}
	for i := range profiles {
		byName[profiles[i].Name] = &profiles[i]
	}
	for i := range profiles {
		field := item("cluster_profiles", i)
		c.checkLease(field+".lease_type", profiles[i].LeaseType, w)
		c.checkLease(field+".ip_pool_lease_type", profiles[i].IPPoolLeaseType, w)
		c.owners(field+".owners", profiles[i].Owners)
		for j, member := range profiles[i].Profiles {
			at := item(field+".profiles", j)
			known := byName[member]
			switch {
			case known == nil:
				c.reportf(at, RuleProfileSet, "no cluster profile has this name (found %q, want the name of one in this file)%s", member,
					schema.DidYouMean(member, slices.Sorted(maps.Keys(byName))))
			case len(known.Profiles) > 0:
				c.reportf(at, RuleProfileSet, "a set consists of profiles that are none (found %q, which is a set too, want its profiles instead)", member)
			}
		}
	}
	claims := &collector{file: repo.ClaimOwners.Path}
	first := map[string]int{}
	for i, claim := range *repo.ClaimOwners.Value {
		if before, again := first[claim.Claim]; again && claim.Claim != "" {
			claims.reportf(item("", i)+".claim", RuleOwnerTwice,
				"the pools' owner is there already (found %q, which %s has too, want it once)", claim.Claim, item("", before))
		}
		first[claim.Claim] = i
		claims.owners(item("", i)+".owners", claim.Owners)
	}
	return append(c.problems, claims.problems...)
}

// owners: each organization and repository is named once.
func (c *collector) owners(field string, owners []schema.ClusterProfileOwner) {
	first := map[string]string{}
	for i, owner := range owners {
		at := item(field, i)
		names := []namedField{{owner.Org, at}}
		if len(owner.Repos) > 0 {
			names = names[:0]
		}
		for j, repo := range owner.Repos {
			names = append(names, namedField{owner.Org + "/" + repo, item(at+".repos", j)})
		}
		for _, name := range names {
			if before, again := first[name.name]; again {
				c.reportf(name.field, RuleOwnerTwice, "the owner is named already (found %q, which %s names too, want it once)", name.name, before)
				continue
			}
			first[name.name] = name.field
		}
	}
}
