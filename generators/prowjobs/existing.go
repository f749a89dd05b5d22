package prowjobs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/yamlwriter"
	"github.com/drover-ci/drover/internal/blockyaml"
)

// Existing are job files as people wrote them, with the jobs in them. One that
// cannot be read has none. Only [JobFile.Assign] changes what they hold.
func Existing(files []generators.File) []JobFile {
	all := make([]JobFile, 0, len(files))
	for i := range files {
		file, err := parseFile(&files[i])
		if err != nil {
			file = &JobFile{Path: files[i].Path}
		}
		all = append(all, *file.untouched(files[i].Content))
	}
	return all
}

// untouched is a file that stays as it is.
func (f *JobFile) untouched(content []byte) *JobFile {
	f.content, f.asWritten = content, true
	if content == nil {
		f.content = []byte{}
	}
	return f
}

// parseFile reads a job file that anybody may have written. What it gives is
// only as good as it is complete, so it refuses what it cannot read in full:
// a key given twice, a second document.
func parseFile(file *generators.File) (*JobFile, error) {
	f, err := parseContent(file.Content)
	if err != nil {
		return nil, err
	}
	f.Path = file.Path
	return f, nil
}

//nolint:gochecknoglobals // memory without content
var arenas = sync.Pool{New: func() any { return new(blockyaml.Arena) }}

func parseContent(content []byte) (*JobFile, error) {
	arena := as[*blockyaml.Arena](arenas.Get())
	defer arenas.Put(arena)
	if root, ok := blockyaml.Parse(content, arena); ok {
		if f, ok := fileOf(root); ok {
			return f, nil
		}
	}
	return parseByLibrary(content)
}

// parseByLibrary reads any YAML as Prow does.
func parseByLibrary(content []byte) (*JobFile, error) {
	if hasSeveralDocuments(content) {
		return nil, errors.New("a job file is a single YAML document")
	}
	fields := map[string]any{}
	if err := yaml.UnmarshalStrict(content, &fields, exactNumbers); err != nil {
		return nil, err
	}
	f := &JobFile{others: map[string]any{}}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		groups, err := parseField(field, fields[field])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		if groups == nil {
			f.others[field] = fields[field]
		}
		f.Groups = append(f.Groups, groups...)
	}
	return f, nil
}

func exactNumbers(d *json.Decoder) *json.Decoder {
	d.UseNumber()
	return d
}

// hasSeveralDocuments says whether a mark between documents follows any text.
func hasSeveralDocuments(content []byte) bool {
	started := false
	for line := range bytes.Lines(content) {
		line = bytes.TrimRight(line, " \r\n")
		switch {
		case bytes.Equal(line, []byte("---")) || bytes.HasPrefix(line, []byte("--- ")) || bytes.Equal(line, []byte("...")):
			if started {
				return true
			}
			started = len(line) > 3
		case len(line) > 0 && line[0] != '#' && line[0] != '%':
			started = true
		}
	}
	return false
}

// parseField reads the jobs of one kind, by repository. Fields that hold no
// jobs give nil.
func parseField(field string, value any) ([]Group, error) {
	switch kind := Kind(field); kind {
	case Periodic:
		jobs, err := parseJobs(kind, value)
		return []Group{{Kind: kind, Jobs: jobs}}, err
	case Presubmit, Postsubmit:
		return parseRepos(kind, value)
	default:
		return nil, nil
	}
}

func parseRepos(kind Kind, value any) ([]Group, error) {
	repos, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, fmt.Errorf("want a mapping from repositories to jobs, found %T", value)
	}
	groups := []Group{}
	for _, repo := range slices.Sorted(maps.Keys(repos)) {
		jobs, err := parseJobs(kind, repos[repo])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", repo, err)
		}
		groups = append(groups, Group{Kind: kind, Repo: repo, Jobs: jobs})
	}
	return groups, nil
}

func parseJobs(kind Kind, value any) ([]*Job, error) {
	list, ok := value.([]any)
	if !ok && value != nil {
		return nil, fmt.Errorf("want a list of jobs, found %T", value)
	}
	jobs := make([]*Job, len(list))
	for i, item := range list {
		fields, _ := item.(map[string]any)
		if jobs[i] = existingJob(kind, fields); jobs[i] == nil {
			return nil, fmt.Errorf("job %d is no mapping with a name", i+1)
		}
	}
	return jobs, nil
}

// existingJob is the job of some fields, nil if they have no name.
func existingJob(kind Kind, fields map[string]any) *Job {
	name, named := fields["name"].(string)
	if !named {
		return nil
	}
	return &Job{Kind: kind, Name: name, Labels: parseLabels(fields), Cluster: as[string](fields["cluster"]), raw: fields}
}

func parseLabels(fields map[string]any) Pairs {
	labels := as[map[string]any](fields["labels"])
	pairs := make(Pairs, 0, len(labels))
	for key, value := range labels {
		if text := as[string](value); text != "" {
			pairs = append(pairs, yamlwriter.Pair{Key: key, Value: text})
		}
	}
	slices.SortFunc(pairs, func(a, b yamlwriter.Pair) int { return strings.Compare(a.Key, b.Key) })
	return pairs
}

// as is a value of a type, or that type's zero where the value is of another.
func as[T any](value any) T {
	typed, ok := value.(T)
	if !ok {
		var zero T
		return zero
	}
	return typed
}

// renderUnusual writes a file that people gave a form of their own: jobs for
// several repositories or of several kinds, or other fields. It is written
// whole by sigs.k8s.io/yaml.
func renderUnusual(f *JobFile) ([]byte, error) {
	fields := maps.Clone(f.others)
	if fields == nil {
		fields = map[string]any{}
	}
	for i := range f.Groups {
		group := &f.Groups[i]
		jobs, err := rawJobs(group.Jobs)
		if err != nil {
			return nil, err
		}
		if group.Kind == Periodic {
			fields[string(group.Kind)] = jobs
			continue
		}
		repos, ok := fields[string(group.Kind)].(map[string]any)
		if !ok {
			repos = map[string]any{}
			fields[string(group.Kind)] = repos
		}
		repos[group.Repo] = jobs
	}
	return yaml.Marshal(fields)
}

// rawJobs are jobs as plain values.
func rawJobs(jobs []*Job) ([]any, error) {
	values := make([]any, len(jobs))
	var w yamlwriter.Writer
	for i, job := range jobs {
		if job.raw != nil {
			values[i] = job.rawFields()
			continue
		}
		w.Reset()
		writeJob(&w, job)
		content, err := w.Bytes()
		if err != nil {
			return nil, err
		}
		if err := yaml.Unmarshal(content, &values[i]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// agentKubernetes is the agent of jobs that run as pods, as all generated ones
// do.
const agentKubernetes = "kubernetes"

// isPod says whether the job runs as a pod, which needs a cluster.
func (j *Job) isPod() bool {
	return cmp.Or(as[string](j.raw["agent"]), agentKubernetes) == agentKubernetes
}

// IsHandWritten says whether a person wrote the job.
func (j *Job) IsHandWritten() bool { return j.raw != nil }

// Runs says whether a container of the job runs a program. Of generated jobs only
// what people may set is known, and so they run none.
func (j *Job) Runs(program string) bool {
	for _, container := range as[[]any](as[map[string]any](j.raw["spec"])["containers"]) {
		command := as[[]any](as[map[string]any](container)["command"])
		if len(command) > 0 && as[string](command[0]) == program {
			return true
		}
	}
	return false
}

// rawFields are the fields of a job that was not generated, on the cluster that
// it was given.
func (j *Job) rawFields() map[string]any {
	if as[string](j.raw["cluster"]) == j.Cluster {
		return j.raw
	}
	fields := maps.Clone(j.raw)
	fields["cluster"] = j.Cluster
	return fields
}
