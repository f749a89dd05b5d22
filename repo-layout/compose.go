package repolayout

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/drover-ci/drover/internal/longlist"
	"github.com/drover-ci/drover/schema"
)

// Compose gives the repository that has some units as other revisions have
// them: each unit of held is as in the repository it leads to, which must have
// come from [Load], or not there at all where that is nil. The settings say
// where things are, so that with others than its own the tree may be read
// anew; that is what an error is about.
//
// What is shared with either repository is the same documents, so that what is
// known of them stays known.
func (r *Repo) Compose(ctx context.Context, held map[Unit]*Repo) (*Repo, error) {
	if len(held) == 0 {
		return r, nil
	}
	base := r
	if from := held[Unit{Kind: SettingsUnit}]; from != nil {
		var err error
		if base, err = r.under(ctx, from); err != nil {
			return nil, err
		}
	}
	composed := *base
	composed.units = &unitList{}
	composed.loaded = nil
	c := composer{Repo: &composed, unitOf: newUnits(base), from: map[string]*Repo{}}
	c.Strays = slices.DeleteFunc(slices.Clone(c.Strays), func(p schema.Problem) bool {
		_, isHeld := held[c.unitOf.of(p.File)]
		return isHeld
	})
	for _, u := range slices.SortedFunc(maps.Keys(held), Unit.Compare) {
		c.replace(u, held[u])
	}
	if slices.ContainsFunc(slices.Collect(maps.Keys(held)), Unit.isProwgen) {
		c.reapplyProwgen(base)
	}
	c.tree = overlay{Tree: base.tree, units: c.unitOf, held: held, from: c.from}
	return &composed, nil
}

// under is the same revision as other settings see it.
func (r *Repo) under(ctx context.Context, from *Repo) (*Repo, error) {
	if r.Layout != from.Layout || !slices.Equal(publishedFolders(r.Settings.Value), publishedFolders(from.Settings.Value)) {
		loaded, err := load(ctx, r.tree, from.Settings, r, nil)
		if err != nil {
			return nil, err
		}
		r = loaded
	}
	seen := *r
	seen.units = &unitList{}
	seen.Settings, seen.Dispatch, seen.Clusters = from.Settings, from.Dispatch, from.Clusters
	return &seen, nil
}

// composer exchanges units of a repository.
type composer struct {
	*Repo

	unitOf units
	// from says of each file that was put in where it is from.
	from map[string]*Repo
}

// replace exchanges one unit; a nil source leaves it out.
func (c composer) replace(u Unit, source *Repo) {
	other := cmp.Or(source, c.without())
	mine, others := c.Repo.part(u), other.part(u)
	switch u.Kind {
	case SettingsUnit: // those of a source are there before all else
		c.Dispatch, c.Clusters = other.Dispatch, other.Clusters
	case ProfilesUnit:
		c.Profiles, c.Quotas, c.ClaimOwners = other.Profiles, other.Quotas, other.ClaimOwners
	case RegistryUnit:
		c.Refs, c.Chains, c.Workflows, c.Observers = other.Refs, other.Chains, other.Workflows, other.Observers
		c.Metadata = other.Metadata
	case ComponentUnit, ManifestsUnit, FileUnit:
	}
	c.Prowgen = exchange(c.Prowgen, mine.prowgen, others.prowgen)
	c.Configs = c.Configs.Next(mine.configs, others.configs)
	c.Jobs = exchange(c.Jobs, mine.jobs, others.jobs)
	c.Judged = exchange(c.Judged, mine.judged, others.judged)
	c.Files = exchange(c.Files, mine.files, others.files)
	for _, file := range others.paths() {
		c.from[file] = source
	}
}

// reapplyProwgen makes the configurations anew that an exchanged
// .config.prowgen is about, but for those that were put in as they were.
func (c composer) reapplyProwgen(base *Repo) {
	var applied, plain, put []*Doc[schema.Config]
	for file, changed := range base.changed {
		if doc := c.configAt(file); doc == changed.after {
			applied, plain = append(applied, doc), append(plain, changed.before)
		}
	}
	for file := range c.from {
		if doc := c.configAt(file); doc != nil {
			put = append(put, doc)
		}
	}
	c.Configs = c.applyProwgen(c.Configs.Next(applied, plain), base)
	var others []*Doc[schema.Config]
	for _, doc := range put {
		others = append(others, c.configAt(doc.Path))
	}
	c.Configs = c.Configs.Next(others, put)
}

// configAt is the configuration at a path; nil where there is none.
func (r *Repo) configAt(file string) *Doc[schema.Config] {
	found, ok := r.Configs.Find(func(doc *Doc[schema.Config]) int { return strings.Compare(doc.Path, file) })
	if !ok {
		return nil
	}
	return found
}

// without is a repository of the same places that has nothing.
func (c composer) without() *Repo {
	return &Repo{
		Layout: c.Layout, Settings: c.Settings,
		Profiles: absent(c.Profiles), Quotas: absent(c.Quotas), Dispatch: absent(c.Dispatch), Clusters: absent(c.Clusters),
		ClaimOwners: absent(c.ClaimOwners),
	}
}

func absent[T any](doc *Doc[T]) *Doc[T] { return &Doc[T]{Path: doc.Path, Value: new(T)} }

// exchange gives a list without some of its elements and with others, in the
// order of paths.
func exchange[T listed](all, out, in []T) []T {
	if len(out) == 0 && len(in) == 0 || slices.Equal(out, in) {
		return all
	}
	exchanged := make([]T, 0, len(all)-len(out)+len(in))
	leaving := make(map[string]bool, len(out))
	for _, each := range out {
		leaving[each.path()] = true
	}
	for _, each := range all {
		if len(leaving) == 0 || !leaving[each.path()] {
			exchanged = append(exchanged, each)
		}
	}
	exchanged = append(exchanged, in...)
	slices.SortStableFunc(exchanged, func(a, b T) int { return strings.Compare(a.path(), b.path()) })
	return exchanged
}

// part is what a repository has of a unit other than the shared ones, and of
// those the files that may be read.
type part struct {
	prowgen []*ProwgenDoc
	configs []*Doc[schema.Config]
	judged  []*Judged
	jobs    []Raw
	files   []Raw
	shared  []string
}

func (p part) paths() []string {
	all := slices.Clone(p.shared)
	for _, doc := range p.prowgen {
		all = append(all, doc.Path)
	}
	for _, doc := range p.configs {
		all = append(all, doc.Path)
	}
	for _, doc := range p.judged {
		all = append(all, doc.Path)
	}
	for _, file := range slices.Concat(p.jobs, p.files) {
		all = append(all, file.Path)
	}
	return all
}

// part finds a unit's documents. Lists are in the order of paths, so that those
// of a folder stand together.
func (r *Repo) part(u Unit) part {
	switch u.Kind {
	case SettingsUnit:
		return part{shared: []string{r.Settings.Path, r.Dispatch.Path, r.Clusters.Path}, files: r.published(u, "")}
	case ProfilesUnit:
		return part{shared: []string{r.Profiles.Path, r.Quotas.Path, r.Layout.Boskos, r.ClaimOwners.Path}, files: r.published(u, "")}
	case RegistryUnit:
		shared := slices.Concat(pathsOf(r.Refs), pathsOf(r.Chains), pathsOf(r.Workflows), pathsOf(r.Observers), pathsOf(r.Metadata))
		return part{shared: shared, files: r.published(u, r.Layout.Registry+"/")}
	case ComponentUnit:
		return part{
			prowgen: Below(r.Prowgen, r.Layout.Config+"/"+u.Name+"/"),
			configs: InFolder(r.Configs, r.Layout.Config+"/"+u.Name+"/"),
			judged:  Below(r.Judged, r.Layout.Jobs+"/"+u.Name+"/"),
			jobs:    Below(r.Jobs, r.Layout.Jobs+"/"+u.Name+"/"),
			files: slices.Concat(
				r.published(u, r.Layout.Config+"/"+u.Name+"/"), r.published(u, r.Layout.Jobs+"/"+u.Name+"/")),
		}
	case ManifestsUnit:
		folder := strings.TrimPrefix(u.Name+"/", "./")
		return part{judged: inUnit(r, u, Below(r.Judged, folder)), files: r.published(u, folder)}
	case FileUnit:
		return part{
			prowgen: Below(r.Prowgen, u.Name), judged: Below(r.Judged, u.Name),
			jobs: Below(r.Jobs, u.Name), files: Below(r.Files, u.Name),
		}
	}
	return part{}
}

// published are the files of a unit that are published or manifests, among
// those in a folder whose name ends in "/"; "" is the root.
func (r *Repo) published(u Unit, folder string) []Raw { return inUnit(r, u, Below(r.Files, folder)) }

// inUnit leaves out what is in other units of a repository.
func inUnit[T listed](r *Repo, u Unit, all []T) []T {
	units := newUnits(r)
	return slices.DeleteFunc(slices.Clone(all), func(each T) bool { return units.of(each.path()) != u })
}

func pathsOf[T any](docs []*Doc[T]) []string {
	all := make([]string, 0, len(docs))
	for _, doc := range docs {
		all = append(all, doc.Path)
	}
	return all
}

// Units lists the units that a repository has anything of, in order. They must
// not be changed.
func (r *Repo) Units() []Unit {
	r.units.once.Do(func() { r.units.all = r.listUnits() })
	return r.units.all
}

// unitList is the units of a repository, listed when they are first asked for.
type unitList struct {
	once sync.Once
	all  []Unit
}

func (r *Repo) listUnits() []Unit {
	found := map[Unit]bool{{Kind: SettingsUnit}: true, {Kind: ProfilesUnit}: true, {Kind: RegistryUnit}: true}
	units := newUnits(r)
	var folder string // of a component: all files in it are of one unit
	add := func(file string) {
		dir := path.Dir(file)
		if dir == folder {
			return
		}
		u := units.of(file)
		if found[u] = true; u.Kind == ComponentUnit && strings.HasSuffix(dir, "/"+u.Name) {
			folder = dir
		}
	}
	for doc := range r.Configs.All() {
		add(doc.Path)
	}
	for _, doc := range r.Prowgen {
		add(doc.Path)
	}
	for _, file := range r.Jobs {
		add(file.Path)
	}
	for _, file := range r.Files {
		add(file.Path)
	}
	for _, doc := range r.Judged {
		add(doc.Path)
	}
	for _, stray := range r.Strays {
		found[units.of(stray.File)] = true
	}
	return slices.SortedFunc(maps.Keys(found), Unit.Compare)
}

// Lost counts the files of components, manifests and other objects that a
// repository has and a later one has not. It costs next to nothing where they are
// the same, and is at least the number of such units that are gone, as long as the
// settings, which say what they are, did not change.
func (r *Repo) Lost(later *Repo) int {
	gone := 0
	for _, each := range longlist.Differences(r.Configs, later.Configs) {
		if each.After == nil {
			gone++
		}
	}
	return gone + lost(r.Prowgen, later.Prowgen) +
		lost(r.Jobs, later.Jobs) + lost(r.Files, later.Files) + max(0, len(r.Strays)-len(later.Strays))
}

// Has says whether a repository has anything of a unit.
func (r *Repo) Has(u Unit) bool { return len(r.part(u).paths()) > 0 }

// Same says whether another repository has a unit as this one has it. Where
// the content is not known well enough it says no.
func (r *Repo) Same(other *Repo, u Unit) bool {
	switch u.Kind {
	case SettingsUnit:
		return r.Layout == other.Layout && sameDoc(r.Settings, other.Settings) &&
			sameDoc(r.Dispatch, other.Dispatch) && sameDoc(r.Clusters, other.Clusters)
	case ProfilesUnit:
		return sameDoc(r.Profiles, other.Profiles) && sameDoc(r.Quotas, other.Quotas) && sameDoc(r.ClaimOwners, other.ClaimOwners)
	case RegistryUnit:
		return r.sameRegistry(other) && r.sameStrays(other, u)
	case ComponentUnit, ManifestsUnit, FileUnit:
	}
	mine, others := r.part(u), other.part(u)
	return mine.sameDocuments(others) &&
		r.sameFiles(other, mine.jobs, others.jobs) && r.sameFiles(other, mine.files, others.files) && r.sameStrays(other, u)
}

func (p part) sameDocuments(other part) bool {
	return slices.EqualFunc(p.prowgen, other.prowgen, sameDoc) && slices.EqualFunc(p.configs, other.configs, sameDoc) &&
		slices.EqualFunc(p.judged, other.judged, sameJudged)
}

func (r *Repo) sameRegistry(other *Repo) bool {
	return slices.EqualFunc(r.Refs, other.Refs, sameDoc) && slices.EqualFunc(r.Chains, other.Chains, sameDoc) &&
		slices.EqualFunc(r.Workflows, other.Workflows, sameDoc) && slices.EqualFunc(r.Observers, other.Observers, sameDoc) &&
		slices.EqualFunc(r.Metadata, other.Metadata, sameDoc)
}

func sameDoc[T any](a, b *Doc[T]) bool {
	return a == b || a.Path == b.Path && a.ID == b.ID && (a.ID != (ID{}) || len(a.Problems)+len(b.Problems) == 0)
}

func sameJudged(a, b *Judged) bool {
	return a == b || a.Path == b.Path && a.ID == b.ID && (a.ID != (ID{}) || len(a.Problems)+len(b.Problems) == 0)
}

// sameFiles compares raw files; those without an id by content.
func (r *Repo) sameFiles(other *Repo, mine, others []Raw) bool {
	return slices.EqualFunc(mine, others, func(a, b Raw) bool {
		if a != b || a.ID != (ID{}) {
			return a == b
		}
		content, err := r.Read(a.Path)
		otherContent, otherErr := other.Read(b.Path)
		return err == nil && otherErr == nil && bytes.Equal(content, otherContent)
	})
}

func (r *Repo) sameStrays(other *Repo, u Unit) bool {
	if len(r.Strays) == 0 && len(other.Strays) == 0 {
		return true
	}
	return slices.EqualFunc(r.straysOf(u), other.straysOf(u), func(a, b schema.Problem) bool { return a.String() == b.String() })
}

func (r *Repo) straysOf(u Unit) []schema.Problem {
	units := newUnits(r)
	return slices.DeleteFunc(slices.Clone(r.Strays), func(p schema.Problem) bool { return units.of(p.File) != u })
}

// overlay reads the files of held units from where these are from.
type overlay struct {
	Tree

	units units
	held  map[Unit]*Repo
	from  map[string]*Repo
}

// ReadFile implements [Tree].
func (o overlay) ReadFile(file string) ([]byte, error) {
	if source := o.from[file]; source != nil {
		return source.tree.ReadFile(file)
	}
	source, isHeld := o.held[o.units.of(file)]
	if !isHeld {
		return o.Tree.ReadFile(file)
	}
	if source == nil {
		return nil, unread(file, fs.ErrNotExist)
	}
	return source.tree.ReadFile(file)
}
