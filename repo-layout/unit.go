package repolayout

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// UnitKind says what a [Unit] is.
type UnitKind string

// The kinds of units, the ones that others build on first.
const (
	// SettingsUnit is drover.yaml, with the rules by which jobs get clusters.
	SettingsUnit UnitKind = "settings"
	// ProfilesUnit is the cluster profiles with the quotas.
	ProfilesUnit UnitKind = "profiles"
	// RegistryUnit is the step registry.
	RegistryUnit UnitKind = "registry"
	// ComponentUnit is an org/repo: its configurations and job files, of all
	// branches.
	ComponentUnit UnitKind = "component"
	// ManifestsUnit is a folder of cluster objects.
	ManifestsUnit UnitKind = "manifests"
	// FileUnit is a file that is in none of the others.
	FileUnit UnitKind = "file"
)

// Unit is a part of a repository that is right or wrong as a whole: what a
// problem in it holds back.
type Unit struct {
	Kind UnitKind
	// Name tells units of one kind apart: an org/repo, a folder or a file. It is
	// empty for a kind of which there is one.
	Name string
}

// String is the form for people, which [ParseUnit] reads: "component acme/widget".
func (u Unit) String() string { return strings.TrimSuffix(string(u.Kind)+" "+u.Name, " ") }

// ParseUnit reads what [Unit.String] gives.
func ParseUnit(text string) (Unit, error) {
	kind, name, _ := strings.Cut(text, " ")
	u := Unit{UnitKind(kind), name}
	index := slices.Index(unitKinds(), u.Kind)
	if index < 0 || (index < componentLayer) != (name == "") {
		return Unit{}, fmt.Errorf("there is no such unit (found %q, want one of %v, and a name for the last three)", text, unitKinds())
	}
	return u, nil
}

func unitKinds() []UnitKind {
	return []UnitKind{SettingsUnit, ProfilesUnit, RegistryUnit, ComponentUnit, ManifestsUnit, FileUnit}
}

// Shared says whether other units build on it.
func (u Unit) Shared() bool { return u.Layer() < componentLayer }

const componentLayer = 3

// Layer orders units by what builds on what: a unit builds on those of lower
// layers alone.
func (u Unit) Layer() int {
	if u.isProwgen() {
		return componentLayer - 1
	}
	return min(slices.Index(unitKinds(), u.Kind), componentLayer)
}

// isProwgen says whether the unit is an organization's .config.prowgen.
func (u Unit) isProwgen() bool { return u.Kind == FileUnit && path.Base(u.Name) == ProwgenName }

// Compare orders units: those that others build on first, then by name.
func (u Unit) Compare(other Unit) int {
	if u.Kind != other.Kind {
		return slices.Index(unitKinds(), u.Kind) - slices.Index(unitKinds(), other.Kind)
	}
	return strings.Compare(u.Name, other.Name)
}

// UnitOf says which unit a file is in, whether it is there or not. The folder
// of a component or of manifests is in it too.
func (r *Repo) UnitOf(file string) Unit { return newUnits(r).of(file) }

// units finds the unit of a file.
type units struct {
	layout    Layout
	manifests []string // folders; those that lie in another come first
}

func newUnits(r *Repo) units {
	u := units{layout: r.Layout, manifests: manifestFolders(r.Settings.Value)}
	slices.SortFunc(u.manifests, func(a, b string) int { return strings.Compare(b, a) })
	return u
}

func manifestFolders(settings *schema.Settings) []string {
	folders := make([]string, 0, len(settings.Manifests))
	for _, manifests := range settings.Manifests {
		folders = append(folders, path.Clean(manifests.Folder))
	}
	return folders
}

func (u units) of(file string) Unit {
	switch file {
	case SettingsFile, u.layout.Dispatch, u.layout.Clusters:
		return Unit{Kind: SettingsUnit}
	case u.layout.Quotas, u.layout.Boskos, u.layout.ClaimOwners:
		return Unit{Kind: ProfilesUnit}
	}
	if within(u.layout.Registry, file) {
		if within(path.Join(u.layout.Registry, clusterProfiles), file) {
			return Unit{Kind: ProfilesUnit}
		}
		return Unit{Kind: RegistryUnit}
	}
	for _, root := range []string{u.layout.Config, u.layout.Jobs} {
		if component, ok := componentOf(root, file); ok {
			return Unit{ComponentUnit, component}
		}
	}
	for _, folder := range u.manifests {
		if within(folder, file) {
			return Unit{ManifestsUnit, folder}
		}
	}
	return Unit{FileUnit, file}
}

// componentOf gives the ORG/REPO of a path below a folder of components.
func componentOf(root, file string) (name string, ok bool) {
	below, ok := strings.CutPrefix(file, root+"/")
	if !ok {
		return "", false
	}
	org, rest, ok := strings.Cut(below, "/")
	if !ok {
		return "", false
	}
	repo, _, deeper := strings.Cut(rest, "/")
	if !deeper && (path.Ext(repo) == ".yaml" || repo == ProwgenName) {
		return "", false // a file beside the components' folders
	}
	return org + "/" + repo, true
}

// within says whether a path is a folder or lies in it.
func within(folder, file string) bool {
	return folder == "." || file == folder || strings.HasPrefix(file, folder+"/")
}
