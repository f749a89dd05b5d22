package prowjobs

import (
	"bytes"
	"strconv"
)

// guess finds out cheaply that an existing file would stay as it is, which
// nearly all files nearly always do. Parsing takes more than ten times as long
// as writing. So it looks for the lines with fields that people may set, as if
// the file were one of ours, writes the file anew with them, and compares: if
// all bytes are the same, the guess was right whatever the file is. Else it
// gives nil, and the file has to be read.
func (m *Merger) guess(content []byte, fresh *JobFile) *JobFile {
	if len(fresh.Groups) != 1 {
		return nil
	}
	group := &fresh.Groups[0]
	m.scan(content, group.Kind)
	if len(m.set) != len(group.Jobs) {
		return nil
	}
	kept := Group{Kind: group.Kind, Repo: group.Repo, Jobs: make([]*Job, len(group.Jobs))}
	copies := m.room(len(group.Jobs))
	for i, job := range group.Jobs {
		copies[i] = m.set[i].keep(job)
		kept.Jobs[i] = &copies[i]
	}
	m.w.Reset()
	writeGroup(&m.w, &kept)
	if again, err := m.w.Bytes(); err != nil || !bytes.Equal(again, content) {
		return nil
	}
	return &JobFile{Path: fresh.Path, Groups: []Group{kept}, content: content}
}

// room is memory for jobs until the next merge.
func (m *Merger) room(count int) []Job {
	if cap(m.jobs)-len(m.jobs) < count { // what was given before stays where it is
		m.jobs = make([]Job, 0, max(count, 2*cap(m.jobs)))
	}
	first := len(m.jobs)
	m.jobs = m.jobs[:first+count]
	return m.jobs[first:]
}

// scan finds what people set on the jobs of a file as we write it, in their
// order: an item of the list is a job, and its fields stand right below.
func (m *Merger) scan(content []byte, kind Kind) {
	m.set = m.set[:0]
	column := len("  ")
	if kind == Periodic {
		column = 0
	}
	item, field := []byte("    "[:column]+"- "), []byte("    "[:column+2])
	for line := range bytes.Lines(content) {
		switch {
		case bytes.HasPrefix(line, item):
			m.set = append(m.set, handSet{})
		case len(m.set) > 0 && len(line) > len(field) && isSettable(line[len(field)]) && bytes.HasPrefix(line, field):
			m.set[len(m.set)-1].note(line[len(field):])
		}
	}
}

// isSettable says whether a field of which this is the first letter may be one
// that people set.
func isSettable(first byte) bool { return first == 'c' || first == 'm' || first == 's' }

// note takes a line if it is a field that people may set.
func (s *handSet) note(line []byte) {
	name, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(": "))
	switch string(name) {
	case "cluster":
		s.cluster = string(value)
	case "max_concurrency":
		s.maxConcurrency, _ = strconv.Atoi(string(value)) // zero is none
	case "skip_report":
		s.skipReport = string(value) == "true"
	}
}
