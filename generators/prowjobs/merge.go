package prowjobs

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/yamlwriter"
	"github.com/drover-ci/drover/internal/workers"
)

// A Merger merges files in memory that it uses again. The zero Merger is ready
// for use. It must not be used by several goroutines at once.
type Merger struct {
	w    yamlwriter.Writer
	set  []handSet
	jobs []Job
}

// Merge is [Merger.Merge], once.
func Merge(existing []generators.File, generated []JobFile) ([]JobFile, []UnreadableError) {
	return new(Merger).Merge(existing, generated)
}

// UnreadableError says that a file would change but cannot be read in full, so
// that what people wrote into it could not be kept.
type UnreadableError struct {
	// Path is the file's.
	Path string
	// Err says what is wrong with it.
	Err error
}

// Error names the file.
func (e *UnreadableError) Error() string { return "read " + e.Path + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *UnreadableError) Unwrap() error { return e.Err }

// Merge puts generated files of a component in the place of the existing ones,
// which are all the job files in the component's folder. It gives the files
// that the folder is to hold, in order of their paths; existing files that are
// not among them are to be removed. Neither argument changes. What it gives is
// valid until the next call.
//
// Jobs that were not generated stay, unless one that is now generated has their
// name. Jobs that were generated and no longer are go. A generated job keeps
// what people may set in its file, unless its configuration says otherwise:
// max_concurrency, the cluster, skip_report of presubmits and reporter_config
// of periodics. Jobs are sorted only where there are generated ones among them,
// and a file without any keeps its form.
//
// Where there are files that cannot be read, no file must be written.
func (m *Merger) Merge(existing []generators.File, generated []JobFile) ([]JobFile, []UnreadableError) {
	m.jobs = m.jobs[:0]
	old := make(map[string]*generators.File, len(existing))
	for i := range existing {
		old[existing[i].Path] = &existing[i]
	}
	fresh := make(map[string]*JobFile, len(generated))
	for i := range generated {
		fresh[generated[i].Path] = &generated[i]
	}
	paths := slices.AppendSeq(slices.Collect(maps.Keys(old)), maps.Keys(fresh))
	slices.Sort(paths)

	results := make([]mergedFile, 0, len(paths))
	for _, path := range slices.Compact(paths) {
		results = append(results, mergedFile{path: path, file: m.unparsed(old[path], fresh[path])})
	}
	mergeParsed(results, old, fresh)
	var merged []JobFile
	var unreadable []UnreadableError
	for _, result := range results {
		switch {
		case result.err != nil:
			unreadable = append(unreadable, UnreadableError{Path: result.path, Err: result.err})
		case !result.file.isEmpty():
			merged = append(merged, *result.file)
		}
	}
	if len(unreadable) > 0 {
		return nil, unreadable
	}
	return merged, nil
}

// mergedFile is what became of a file, or why nothing did.
type mergedFile struct {
	path string
	file *JobFile
	err  error
}

// unparsed merges a file, of which either side may be missing, if that can be done
// without parsing the old one; else it gives nil.
func (m *Merger) unparsed(old *generators.File, fresh *JobFile) *JobFile {
	switch {
	case old == nil:
		return fresh
	case fresh != nil:
		return m.guess(old.Content, fresh)
	}
	return nil
}

// mergeParsed merges the other files on all processors: to parse one takes longer
// than all else.
func mergeParsed(results []mergedFile, old map[string]*generators.File, fresh map[string]*JobFile) {
	workers.Each(context.Background(), len(results), func(i int) {
		if result := &results[i]; result.file == nil {
			result.file, result.err = parsed(old[result.path], fresh[result.path])
		}
	})
}

// parsed merges a file that is there with what is made anew of it, if anything is.
func parsed(old *generators.File, fresh *JobFile) (*JobFile, error) {
	if fresh == nil && !bytes.Contains(old.Content, []byte(labelGenerator)) {
		return &Existing([]generators.File{*old})[0], nil
	}
	file, err := parseFile(old)
	if err != nil {
		return nil, err
	}
	if fresh == nil {
		if !file.prune() {
			file.untouched(old.Content)
		}
		return file, nil
	}
	set := file.handSet()
	file.prune()
	for i := range fresh.Groups {
		file.put(&fresh.Groups[i], set)
	}
	return file, nil
}

// isEmpty says whether a file has nothing left to hold.
func (f *JobFile) isEmpty() bool { return f.content == nil && len(f.Groups) == 0 && len(f.others) == 0 }

// prune drops jobs that were generated, and groups that are left empty by that.
// It says whether there were any.
func (f *JobFile) prune() bool {
	pruned := false
	for i := range f.Groups {
		group := &f.Groups[i]
		before := len(group.Jobs)
		group.Jobs = slices.DeleteFunc(group.Jobs, isGenerated)
		pruned = pruned || len(group.Jobs) < before
	}
	if pruned {
		f.Groups = slices.DeleteFunc(f.Groups, func(g Group) bool { return len(g.Jobs) == 0 })
	}
	return pruned
}

func isGenerated(job *Job) bool { return job.Labels.Get(labelGenerator) == generatorName }

// put adds generated jobs to a file, in the place of others of the same names.
func (f *JobFile) put(fresh *Group, set map[jobKey]handSet) {
	names := make(map[string]bool, len(fresh.Jobs))
	for _, job := range fresh.Jobs {
		names[job.Name] = true
	}
	group := f.group(fresh.Kind, fresh.Repo)
	group.Jobs = slices.DeleteFunc(group.Jobs, func(job *Job) bool { return names[job.Name] })
	for _, job := range fresh.Jobs {
		key := jobKey{fresh.Kind, fresh.Repo, job.Name}
		hand := set[key]
		kept := hand.keep(job)
		group.Jobs = append(group.Jobs, &kept)
	}
	group.sort()
}

// group is the file's group of a kind and repository, which it gets if it has
// none.
func (f *JobFile) group(kind Kind, repo string) *Group {
	for i := range f.Groups {
		if group := &f.Groups[i]; group.Kind == kind && group.Repo == repo {
			return group
		}
	}
	f.Groups = append(f.Groups, Group{Kind: kind, Repo: repo})
	return &f.Groups[len(f.Groups)-1]
}
