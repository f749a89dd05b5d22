package repolayout

import (
	"fmt"
	"path"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// ParseConfigPath reads which configuration a file below the configurations'
// folder is: ORG/REPO/ORG-REPO-BRANCH[__VARIANT].yaml.
func ParseConfigPath(file string) (schema.Metadata, error) {
	parts := strings.Split(file, "/")
	if len(parts) != 3 {
		return schema.Metadata{}, fmt.Errorf("the file is in the wrong folder (found %q, want ORG/REPO/ORG-REPO-BRANCH.yaml)", file)
	}
	org, repo, name := parts[0], parts[1], strings.TrimSuffix(parts[2], ".yaml")
	rest, ok := strings.CutPrefix(name, org+"-"+repo+"-")
	branch, variant, isVariant := strings.Cut(rest, "__")
	if !ok || branch == "" || isVariant && variant == "" || name == parts[2] {
		return schema.Metadata{}, fmt.Errorf("the file's name does not fit its folder (found %q, want %s-%s-BRANCH.yaml or %s-%s-BRANCH__VARIANT.yaml)",
			parts[2], org, repo, org, repo)
	}
	return schema.Metadata{Org: org, Repo: repo, Branch: branch, Variant: variant}, nil
}

// componentKind is a kind of registry file, by the end of its name.
type componentKind string

const (
	refFile      componentKind = "-ref.yaml"
	chainFile    componentKind = "-chain.yaml"
	workflowFile componentKind = "-workflow.yaml"
	observerFile componentKind = "-observer.yaml"
	// metadataFile is beside a component, and says who owns it.
	metadataFile componentKind = ".metadata.json"
)

// clusterProfiles is the registry's folder that holds no components.
const clusterProfiles = "cluster-profiles"

// clusterProfilesFile is the file in it that counts.
const clusterProfilesFile = "cluster-profiles-config.yaml"

// parseComponent reads which component a file of the registry is: the folders
// joined by "-", and the kind. An empty kind with no error is a file that is
// no component but may be there.
func parseComponent(file string) (name string, kind componentKind, err error) {
	dir, base := path.Split(file)
	want := strings.ReplaceAll(strings.Trim(dir, "/"), "/", "-")
	for _, kind := range []componentKind{refFile, chainFile, workflowFile, observerFile} {
		found, ok := strings.CutSuffix(base, string(kind))
		if !ok {
			continue
		}
		if found != want {
			return "", "", fmt.Errorf("the file's name does not fit its folder (found %q, want %q)", base, want+string(kind))
		}
		return want, kind, nil
	}
	if strings.HasSuffix(base, string(metadataFile)) {
		return want, metadataFile, nil
	}
	if mayBeBeside(base, want) {
		return "", "", nil
	}
	return "", "", fmt.Errorf("the file's name says no kind of component "+
		"(found %q, want %s-ref.yaml, -chain.yaml, -workflow.yaml, -observer.yaml or -commands)", base, want)
}

// mayBeBeside says whether a file that is no component belongs in the
// registry: owners, documentation, and a step's commands.
func mayBeBeside(base, component string) bool {
	if base == "OWNERS" || strings.HasSuffix(base, ".md") {
		return true
	}
	stem, _, _ := strings.Cut(base, ".")
	return stem == component+"-commands" || strings.HasPrefix(base, component+"-commands")
}
