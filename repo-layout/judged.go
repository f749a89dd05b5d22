package repolayout

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Judged is a file that other programs read: its form is judged, and no
// document is made of it.
type Judged struct {
	// Path is the file's, relative to the repository's root.
	Path string
	// ID identifies the content.
	ID ID
	// Jobs are those that Prow gets from the file: in a component's place without
	// those that have the label of generated ones, which are made anew.
	Jobs []schema.Job
	// Problems are those of the file alone.
	Problems []schema.Problem
}

func (j *Judged) path() string { return j.Path }

func (j *Judged) found() []schema.Problem { return j.Problems }

// judgedFile is a file that is judged by a definition.
func judgedFile(entry Entry, name string, definition schema.Definition) file {
	return newFile(entry, func(f *file, contents [][]byte) { judge(f, contents, definition) }, name)
}

func judge(f *file, contents [][]byte, definition schema.Definition) {
	judged := &Judged{Path: f.path(), ID: f.id}
	if len(f.problems) == 0 {
		judged.Jobs, judged.Problems = f.with.CheckJobs(f.path(), contents[0], definition)
	}
	if f.jobs == componentJobs {
		judged.Jobs = slices.Clone(slices.DeleteFunc(judged.Jobs, func(job schema.Job) bool { return job.Generated }))
	}
	f.finish(judged, &judged.Problems)
}

// judgeSingle judges a file that stands alone. An absent one is nil.
func judgeSingle(tree Tree, file string, definition schema.Definition, last *Repo) (*Judged, error) {
	for _, known := range Below(last.Judged, file) {
		if known.ID != (ID{}) && known.ID == idIn(tree, file, File) {
			return known, nil
		}
	}
	content, problem, err := readFile(tree, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // there is nothing to judge, and nothing is wrong with that
	case err != nil:
		return nil, err
	case problem != nil:
		return &Judged{Path: file, Problems: []schema.Problem{*problem}}, nil
	}
	return &Judged{Path: file, ID: BlobID(content), Problems: schema.Check(file, content, definition)}, nil
}

// prowSorter takes Prow's configuration: the two files that the settings name,
// and what lies beside what it is for. All other files are kept raw, for the
// settings may publish them.
type prowSorter struct{ layout Layout }

func (s prowSorter) sort(dir string, entries []Entry) ([]file, []schema.Problem) {
	files := make([]file, 0, len(entries))
	for name, entry := range pathsIn(dir, entries) {
		if definition := s.layout.prowDefinition(name); definition != "" {
			files = append(files, judgedFile(entry, name, definition))
			continue
		}
		files = append(files, rawFile(entry, name))
	}
	return files, nil
}

// prowDefinition is what a file of Prow's is judged by; "" if it is none.
func (l Layout) prowDefinition(name string) schema.Definition {
	switch {
	case name == l.Prow:
		return schema.ProwConfig
	case name == l.Plugins:
		return schema.ProwPlugins
	case path.Base(name) == "_prowconfig.yaml":
		return schema.ProwSupplemental
	case path.Base(name) == "_pluginconfig.yaml":
		return schema.ProwPluginsSupplemental
	default:
		return ""
	}
}

// jobSorter takes the files of Prow jobs.
type jobSorter struct{ root string }

func (s jobSorter) sort(dir string, entries []Entry) ([]file, []schema.Problem) {
	place := otherJobs
	if below, inside := strings.CutPrefix(dir, s.root+"/"); inside && strings.Count(below, "/") == 1 {
		place = componentJobs
	}
	files := make([]file, 0, len(entries))
	for name, entry := range pathsIn(dir, entries) {
		if !strings.HasSuffix(name, ".yaml") {
			files = append(files, rawFile(entry, name))
			continue
		}
		jobs := newFile(entry, judgeJobs, name)
		jobs.jobs = place
		files = append(files, jobs)
	}
	return files, nil
}

// jobPlace says where a file of jobs lies.
type jobPlace byte

const (
	// noJobs is the place of other files.
	noJobs jobPlace = iota
	// componentJobs are in the folder of a component, ORG/REPO, where those that have
	// the label of generated jobs are made anew, or dropped.
	componentJobs
	// otherJobs are in any other folder, where all stay as they are.
	otherJobs
)

// judgeJobs judges a file of jobs, unless all of them were generated and lie where
// such are made anew from the configurations: `generate --check` finds what differs.
// In a large repository that is nearly every file, and more text than all else.
func judgeJobs(f *file, contents [][]byte) {
	if len(f.problems) > 0 || f.jobs == otherJobs || !onlyGenerated(contents[0]) {
		judge(f, contents, schema.ProwJobFile)
	}
}

// generatedLabel marks generated jobs.
const generatedLabel = "ci.openshift.io/generator: prowgen"

// onlyGenerated says whether a file holds generated jobs alone, in the form in
// which they are written. It reads no YAML: what is written in any other form
// was edited, and is judged.
func onlyGenerated(content []byte) bool {
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	item, label := "  - ", "      "+generatedLabel
	switch string(first) {
	case "periodics:":
		item, label = "- ", "    "+generatedLabel
	case "presubmits:", "postsubmits:":
	default:
		return false
	}
	jobs, generated := 0, 0
	for line := range bytes.Lines(rest) {
		line = bytes.TrimRight(line, "\n")
		switch {
		case bytes.HasPrefix(line, []byte(item)):
			jobs++
		case string(line) == label:
			generated++
		case len(line) > 0 && line[0] != ' ':
			return false
		}
	}
	return jobs > 0 && jobs == generated
}
