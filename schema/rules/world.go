package rules

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

//go:generate ../../bin/cue export .. -e openshiftSettings --force --outfile openshift_settings_gen.json

//go:embed openshift_settings_gen.json
var openshiftSettings []byte

// openshift are the settings that hold where a repository gives none.
//
//nolint:gochecknoglobals // decoded once, never changed
var openshift = sync.OnceValue(func() *schema.Settings {
	settings := &schema.Settings{}
	if err := json.Unmarshal(openshiftSettings, settings); err != nil {
		panic(fmt.Sprintf("openshift_settings_gen.json is not what cue exports: %v", err)) //nolint:forbidigo // the file is part of the program
	}
	return settings
})

// world is what single documents are held against: the repository's settings
// and lists, made ready to look things up in. It never changes.
type world struct {
	*terms

	repo     *repolayout.Repo
	registry *resolver.Registry
	// files are those of the step registry, by component.
	files        func() map[resolver.Component][]string
	clusterNames []string
	profiles     map[string]*schema.ClusterProfileEntry
	claims       map[string]*schema.ClaimOwners
	// optional are the steps with optional_on_success, and the chains that have
	// one, each with the step's name.
	optional     map[resolver.Component]string
	clustersFile string
	claimsFile   string
}

// terms are what the settings say.
type terms struct {
	// clusters and protected match whole names.
	clusters, protected, reservedImages, reservedTests []*regexp.Regexp
	clusterPatterns                                    []string
	resources                                          []string
	known                                              schema.Known
	registries                                         []string
	official                                           []string
	mirrors                                            map[string]string
}

func newTerms(settings *schema.Settings) *terms {
	known := knownTo(settings)
	return &terms{
		clusters:        expressions(known.Clusters),
		clusterPatterns: known.Clusters,
		protected:       expressions(known.ProtectedNamespaces),
		reservedImages:  expressions(known.ReservedImages),
		reservedTests:   expressions(known.ReservedTests),
		known:           known,
		resources:       known.Resources,
		registries:      known.Registries,
		official:        officialNamespaces(settings),
		mirrors:         known.Mirrors,
	}
}

func newWorld(repo *repolayout.Repo, registry *resolver.Registry, terms *terms) *world {
	w := &world{
		terms:        terms,
		repo:         repo,
		registry:     registry,
		files:        sync.OnceValue(func() map[resolver.Component][]string { return componentFiles(repo) }),
		profiles:     map[string]*schema.ClusterProfileEntry{},
		claims:       map[string]*schema.ClaimOwners{},
		clustersFile: repo.Layout.Clusters,
		claimsFile:   repo.Layout.ClaimOwners,
		clusterNames: clusterNames(repo),
	}
	for i := range repo.Profiles.Value.ClusterProfiles {
		profile := &repo.Profiles.Value.ClusterProfiles[i]
		w.profiles[profile.Name] = profile
	}
	for i := range *repo.ClaimOwners.Value {
		claim := &(*repo.ClaimOwners.Value)[i]
		w.claims[claim.Claim] = claim
	}
	return w
}

// clusterNames are those of the clusters that jobs can run on, in order.
func clusterNames(repo *repolayout.Repo) []string {
	var names []string
	for _, clusters := range *repo.Clusters.Value {
		for _, cluster := range clusters {
			names = append(names, cluster.Name)
		}
	}
	slices.Sort(names)
	return names
}

// knownTo are the names that the settings give, or OpenShift's.
func knownTo(settings *schema.Settings) schema.Known {
	known := *openshift().Known
	own := settings.Known
	if own == nil {
		return known
	}
	for list, over := range map[*[]string][]string{
		&known.Clusters: own.Clusters, &known.Architectures: own.Architectures, &known.Resources: own.Resources,
		&known.Registries: own.Registries, &known.ProtectedNamespaces: own.ProtectedNamespaces,
		&known.ReservedImages: own.ReservedImages, &known.ReservedTests: own.ReservedTests, &known.ClaimLabels: own.ClaimLabels,
	} {
		if over != nil {
			*list = over
		}
	}
	if own.Amounts != nil {
		known.Amounts = own.Amounts
	}
	if own.Mirrors != nil {
		known.Mirrors = maps.Clone(own.Mirrors)
	}
	return known
}

// officialNamespaces are those whose images make up a release.
func officialNamespaces(settings *schema.Settings) []string {
	if settings.Jobs != nil && settings.Jobs.OfficialNamespaces != nil {
		return settings.Jobs.OfficialNamespaces
	}
	return openshift().Jobs.OfficialNamespaces
}

// expressions compiles what matches whole names. What is none is reported where
// the settings are read.
func expressions(texts []string) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, text := range texts {
		if expression, err := regexp.Compile("^(?:" + text + ")$"); err == nil {
			all = append(all, expression)
		}
	}
	return all
}

func matchesAny(expressions []*regexp.Regexp, name string) bool {
	return slices.ContainsFunc(expressions, func(e *regexp.Regexp) bool { return e.MatchString(name) })
}
