package repolayout

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/drover-ci/drover/internal/longlist"
	"github.com/drover-ci/drover/schema"
)

// Load reads a repository. What is unchanged since last, the Repo of an
// earlier revision or nil, is taken from it and not read again.
//
// Mistakes in files are problems in the Repo. An error means that the tree
// could not be read, which says nothing about what it holds.
func Load(ctx context.Context, tree Tree, last *Repo) (*Repo, error) {
	var known *Doc[schema.Settings]
	if last != nil {
		known = last.Settings
	}
	settings, err := loadSingle(tree, SettingsFile, known)
	if err != nil {
		return nil, err
	}
	repo, err := load(ctx, tree, settings, last, nil)
	if err == nil && last != nil {
		repo.memory = last.memory // what is noted until it is kept
	}
	return repo, err
}

// LoadComponent is [Load] of what the configurations of one component are resolved
// from, which is a fifth of a repository: the step registry, what stands alone, and the
// component's folder.
func LoadComponent(ctx context.Context, tree Tree, org, repo string) (*Repo, error) {
	settings, err := loadSingle[schema.Settings](tree, SettingsFile, nil)
	if err != nil {
		return nil, err
	}
	alone := componentTree{Tree: tree, configs: LayoutOf(settings.Value).Config, org: org, repo: repo}
	return load(ctx, alone, settings, nil, nil)
}

// load is Load under given settings.
func load(ctx context.Context, tree Tree, settings *Doc[schema.Settings], last *Repo, memory *Memory) (repo *Repo, err error) {
	repo = &Repo{Settings: settings, Layout: LayoutOf(settings.Value), tree: tree, folders: map[string]*folder{}, units: &unitList{}, memory: memory}
	if last == nil || last.Layout != repo.Layout {
		last = &Repo{}
	}
	if repo.Quotas, err = loadSingle(tree, repo.Layout.Quotas, last.Quotas); err != nil {
		return nil, err
	}
	profiles := path.Join(repo.Layout.Registry, clusterProfiles, clusterProfilesFile)
	if repo.Profiles, err = loadSingle(tree, profiles, last.Profiles); err != nil {
		return nil, err
	}
	if repo.Dispatch, err = loadSingle(tree, repo.Layout.Dispatch, last.Dispatch); err != nil {
		return nil, err
	}
	if repo.Clusters, err = loadSingle(tree, repo.Layout.Clusters, last.Clusters); err != nil {
		return nil, err
	}
	if err := repo.judgeSingles(last); err != nil {
		return nil, err
	}
	if repo.ClaimOwners, err = loadSingle(tree, repo.Layout.ClaimOwners, last.ClaimOwners); err != nil {
		return nil, err
	}
	if err := repo.loadAreas(ctx, last, memory); err != nil {
		return nil, err
	}
	repo.collect(last)
	repo.Configs = repo.applyProwgen(repo.plain, last)
	return repo, nil
}

// loadAreas loads all folders. Where the workers fail, that is why the walk
// ended.
func (r *Repo) loadAreas(ctx context.Context, last *Repo, memory *Memory) (err error) {
	l := newLoader(ctx, r.tree, memory)
	for dir, sort := range r.areas() {
		if r.folders[dir], err = l.area(dir, sort, last.folders[dir]); err != nil {
			break
		}
	}
	if workErr := l.wait(); workErr != nil {
		return workErr
	}
	return err
}

// judgeSingles judges the files that stand alone, and takes over those of last
// that are the same.
func (r *Repo) judgeSingles(last *Repo) error {
	singles := map[string]schema.Definition{ComponentFile: schema.ComponentDefinition}
	if path.Dir(r.Layout.Plugins) != path.Dir(r.Layout.Prow) {
		singles[r.Layout.Plugins] = schema.ProwPlugins
	}
	for file, definition := range singles {
		judged, err := judgeSingle(r.tree, file, definition, last)
		if err != nil {
			return err
		}
		if judged != nil {
			r.Judged = append(r.Judged, judged)
		}
	}
	return nil
}

// areas are the folders to load, each with what its files are.
func (r *Repo) areas() map[string]sorter {
	areas := map[string]sorter{}
	if _, alone := r.tree.(componentTree); !alone {
		r.addOthers(areas)
	}
	areas[r.Layout.Registry] = registrySorter{root: r.Layout.Registry}
	areas[r.Layout.Config] = configSorter{root: r.Layout.Config}
	return areas
}

// addOthers adds the areas of which no configuration is resolved.
func (r *Repo) addOthers(areas map[string]sorter) {
	for _, dir := range publishedFolders(r.Settings.Value) {
		areas[dir] = rawSorter{}
	}
	areas[path.Dir(r.Layout.Prow)] = prowSorter{layout: r.Layout}
	areas[r.Layout.Jobs] = jobSorter{root: r.Layout.Jobs}
}

// collect lists what the folders hold, by kind. Most kinds are of one area, whose
// list is theirs then.
func (r *Repo) collect(last *Repo) {
	published := publishedFolders(r.Settings.Value)
	var all listing
	for _, judged := range r.Judged {
		all.judged.add(judged)
		all.problems = append(all.problems, judged.Problems...)
	}
	var files ordered[Raw]
	for _, dir := range slices.Sorted(maps.Keys(r.folders)) {
		all.include(r.folders[dir].list(last.folders[dir]))
		if dir == r.Layout.Jobs {
			r.Jobs = r.folders[dir].listFiles()
		}
		if slices.Contains(published, dir) {
			files.include(r.folders[dir].listFiles())
		}
	}
	r.Files = files.join()
	r.Strays = schema.SortProblems(all.strays)
	r.plain = last.plain
	if last.folders == nil {
		r.plain = longlist.Of(comparePaths[*Doc[schema.Config]])
	}
	r.plain = r.plain.Next(r.folders[r.Layout.Config].configsSince(last.folders[r.Layout.Config]))
	r.Prowgen = all.prowgen.join()
	r.Refs = all.refs.join()
	r.Chains = all.chains.join()
	r.Workflows = all.workflows.join()
	r.Observers = all.observers.join()
	r.Metadata = all.metadata.join()
	r.Judged = all.judged.join()
	r.loaded = &all
}

// publishedFolders are the folders below which the settings publish files, or
// which manifests are made of,
// without those that lie in another.
func publishedFolders(settings *schema.Settings) []string {
	var dirs []string
	for _, manifests := range settings.Manifests {
		dirs = append(dirs, path.Clean(manifests.Folder))
		for _, used := range manifests.Uses {
			dirs = append(dirs, path.Clean(used))
		}
	}
	for _, publish := range settings.Publish {
		for _, glob := range publish.Files {
			dirs = append(dirs, globBase(glob))
		}
	}
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !isWithin(dir) }) // problems of the settings
	slices.Sort(dirs)
	var outermost []string
	for _, dir := range slices.Compact(dirs) {
		inside := slices.ContainsFunc(outermost, func(outer string) bool { return outer == "." || strings.HasPrefix(dir, outer+"/") })
		if !inside {
			outermost = append(outermost, dir)
		}
	}
	return outermost
}

// globBase is the folder that a glob's matches lie in: all before the first
// part with a wildcard.
func globBase(glob string) string {
	if i := strings.IndexAny(glob, `*?[{\`); i >= 0 {
		glob = glob[:i] + "x"
	}
	return path.Dir(path.Clean(glob))
}
