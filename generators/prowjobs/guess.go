package prowjobs

import (
	"bytes"
	"strconv"

	"github.com/drover-ci/drover/generators/yamlwriter"
)

// guess finds out cheaply that an existing file would stay as it is, which
// nearly all files nearly always do. Parsing takes more than ten times as long
// as writing. So it looks for the lines with fields that people may set, as if
// the file were one of ours, writes the file anew with them, and compares: if
// all bytes are the same, the guess was right whatever the file is. Else it
// gives nil, and the file has to be read.
func guess(w *yamlwriter.Writer, content []byte, fresh *JobFile) *JobFile {
	if len(fresh.Groups) != 1 {
		return nil
	}
	group := &fresh.Groups[0]
	set := scan(content, group.Kind)
	if len(set) != len(group.Jobs) {
		return nil
	}
	kept := Group{Kind: group.Kind, Repo: group.Repo, Jobs: make([]*Job, len(group.Jobs))}
	for i, job := range group.Jobs {
		kept.Jobs[i] = set[i].keep(job)
	}
	w.Reset()
	writeGroup(w, &kept)
	if again, err := w.Bytes(); err != nil || !bytes.Equal(again, content) {
		return nil
	}
	return &JobFile{Path: fresh.Path, Groups: []Group{kept}}
}

// scan finds what people set on the jobs of a file as we write it, in their
// order: an item of the list is a job, and its fields stand right below.
func scan(content []byte, kind Kind) []handSet {
	indent := "\n  "
	if kind == Periodic {
		indent = "\n"
	}
	items := bytes.Split(content, []byte(indent+"- "))[1:]
	jobs := make([]handSet, len(items))
	for i, item := range items {
		number, _ := strconv.Atoi(after(item, indent+"  max_concurrency: ")) // zero is none
		jobs[i] = handSet{
			maxConcurrency: number,
			cluster:        after(item, indent+"  cluster: "),
			skipReport:     after(item, indent+"  skip_report: ") == "true",
		}
	}
	return jobs
}

// after is the rest of the line that starts with a field, or nothing.
func after(item []byte, field string) string {
	_, rest, found := bytes.Cut(item, []byte(field))
	if !found {
		return ""
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return string(line)
}
