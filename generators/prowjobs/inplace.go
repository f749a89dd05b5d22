package prowjobs

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/generators/yamlwriter"
)

// writeClusters writes the clusters of a file's jobs into what people wrote, and
// leaves all else as it is.
func (f *JobFile) writeClusters() error {
	edited, job := newOriginal(f.content).withClusters(f.Groups)
	again, err := parseContent(edited)
	if job == "" && err == nil && f.sameJobs(again) {
		f.content = edited
		return nil
	}
	if job == "" {
		job = f.firstMoved()
	}
	return fmt.Errorf(
		"the cluster of the job %s cannot be written into the file (found a form that has no place for it, want a mapping with fields of its own)", job)
}

// sameJobs says whether a file that was read again has the jobs that it should.
func (f *JobFile) sameJobs(again *JobFile) bool {
	sameJob := func(a, b *Job) bool { return reflect.DeepEqual(a.rawFields(), b.raw) }
	sameGroup := func(a, b Group) bool {
		return a.Kind == b.Kind && a.Repo == b.Repo && slices.EqualFunc(a.Jobs, b.Jobs, sameJob)
	}
	return slices.EqualFunc(f.Groups, again.Groups, sameGroup) && reflect.DeepEqual(f.others, again.others)
}

// hasMoved says whether the job is on another cluster than the file says.
func (j *Job) hasMoved() bool { return as[string](j.raw["cluster"]) != j.Cluster }

func (f *JobFile) firstMoved() string {
	for _, group := range f.Groups {
		for _, job := range group.Jobs {
			if job.hasMoved() {
				return job.Name
			}
		}
	}
	return ""
}

// An original is what somebody wrote, by its lines.
type original struct {
	content []byte
	// starts are where lines begin.
	starts []int
	// lineEnd is how they end.
	lineEnd string
	edits   []textEdit
}

// A textEdit puts something in the place of a part of a text.
type textEdit struct {
	start, end int
	with       string
}

// lineBreak is what ends a line for the YAML library, which counts them so.
var lineBreak = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029]")

// byteOrderMark may begin a text, and is in no column.
const byteOrderMark = "\ufeff"

func newOriginal(content []byte) *original {
	t := &original{content: content, lineEnd: "\n"}
	first := 0
	if bytes.HasPrefix(content, []byte(byteOrderMark)) {
		first = len(byteOrderMark)
	}
	t.starts = append(t.starts, first)
	for _, at := range lineBreak.FindAllIndex(content, -1) {
		t.starts = append(t.starts, at[1])
	}
	if bytes.Contains(content, []byte("\r\n")) {
		t.lineEnd = "\r\n"
	}
	return t
}

// withClusters is the text in which each job says the cluster that it is on, or
// names the first job that has no place for that.
func (t *original) withClusters(groups []Group) (edited []byte, failed string) {
	if !utf8.Valid(t.content) {
		return nil, "" // UTF-16, of which the library's columns are not ours
	}
	var document yaml.Node
	if err := yaml.Unmarshal(t.content, &document); err != nil || len(document.Content) == 0 {
		return nil, ""
	}
	for i := range groups {
		list := fieldOf(document.Content[0], string(groups[i].Kind))
		if groups[i].Kind != Periodic {
			list = fieldOf(list, groups[i].Repo)
		}
		for at, job := range groups[i].Jobs {
			if job.hasMoved() && !t.setCluster(itemOf(list, at), job.Cluster) {
				return nil, job.Name
			}
		}
	}
	return t.edited(), ""
}

// edited is the text with all edits. What several jobs share is edited once.
func (t *original) edited() []byte {
	slices.SortFunc(t.edits, func(a, b textEdit) int { return a.start - b.start })
	var all []byte
	at := 0
	for _, edit := range slices.Compact(t.edits) {
		all = append(append(all, t.content[at:max(at, edit.start)]...), edit.with...)
		at = edit.end
	}
	return append(all, t.content[at:]...)
}

// fieldOf is the value of a field; nil where there is none.
func fieldOf(node *yaml.Node, field string) *yaml.Node {
	_, value := fieldAt(node, field)
	return value
}

func fieldAt(node *yaml.Node, field string) (key, value *yaml.Node) {
	if node = meant(node); node == nil || node.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == field {
			return node.Content[i], node.Content[i+1]
		}
	}
	return nil, nil
}

func itemOf(node *yaml.Node, at int) *yaml.Node {
	if node = meant(node); node == nil || node.Kind != yaml.SequenceNode || at >= len(node.Content) {
		return nil
	}
	return node.Content[at]
}

// meant is what an alias stands for.
func meant(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// setCluster has a job's mapping say a cluster, if there is a place for it.
func (t *original) setCluster(job *yaml.Node, cluster string) bool {
	job = meant(job)
	if job == nil || job.Kind != yaml.MappingNode || len(job.Content) == 0 {
		return false
	}
	key, value := fieldAt(job, "cluster")
	switch {
	case key != nil:
		return t.replace(key, value, cluster)
	case job.Style&yaml.FlowStyle != 0:
		return t.insertFlow(job, cluster)
	default:
		t.insertLine(job, cluster)
		return true
	}
}

// replace puts a cluster in the place of another, with its quotes.
func (t *original) replace(key, value *yaml.Node, cluster string) bool {
	if value.Value == "" && value.Style == 0 { // nothing but the key
		at := t.offset(key) + len("cluster:")
		if at > len(t.content) || t.content[at-1] != ':' {
			return false
		}
		t.edits = append(t.edits, textEdit{at, at, " " + inYAML(cluster)})
		return true
	}
	quote := map[yaml.Style]string{yaml.SingleQuotedStyle: "'", yaml.DoubleQuotedStyle: `"`}[value.Style]
	at, now := t.offset(value), quote+value.Value+quote
	if !bytes.HasPrefix(t.content[at:], []byte(now)) {
		return false
	}
	with := inYAML(cluster)
	if quote != "" && yamlwriter.IsPlain(cluster) && !strings.ContainsAny(cluster, `'"\`) {
		with = quote + cluster + quote
	}
	t.edits = append(t.edits, textEdit{at, at + len(now), with})
	return true
}

// insertFlow puts a cluster before the fields of a job in braces.
func (t *original) insertFlow(job *yaml.Node, cluster string) bool {
	at := t.offset(job)
	if at >= len(t.content) || t.content[at] != '{' {
		return false
	}
	field := "cluster: " + inYAML(cluster) + ", "
	if job.Content[0].Style == yaml.DoubleQuotedStyle && yamlwriter.IsPlain(cluster) { // it may be JSON
		field = fmt.Sprintf("%q: %q, ", "cluster", cluster)
	}
	t.edits = append(t.edits, textEdit{at + 1, at + 1, field})
	return true
}

// insertLine puts a cluster among the fields of a job: where the alphabet has it,
// but never before the first, which stands beside a dash.
func (t *original) insertLine(job *yaml.Node, cluster string) {
	keys := make([]*yaml.Node, 0, len(job.Content)/2)
	for i := 0; i < len(job.Content); i += 2 {
		keys = append(keys, job.Content[i])
	}
	indent := strings.Repeat(" ", keys[0].Column-1)
	field := "cluster: " + inYAML(cluster) + t.lineEnd
	if len(keys) == 1 {
		at := t.offset(keys[0])
		t.edits = append(t.edits, textEdit{at, at, field + indent})
		return
	}
	next := keys[1]
	if i := slices.IndexFunc(keys[1:], func(key *yaml.Node) bool { return key.Value > "cluster" }); i >= 0 {
		next = keys[1+i]
	}
	at := t.starts[t.aboveComments(next.Line-1, indent)]
	t.edits = append(t.edits, textEdit{at, at, indent + field})
}

// aboveComments is the line, counted from 0, at which what is said of a field
// begins: that of its comments. Texts of the field before are indented more.
func (t *original) aboveComments(line int, indent string) int {
	for line > 0 && bytes.HasPrefix(t.content[t.starts[line-1]:], []byte(indent+"#")) {
		line--
	}
	return line
}

// offset is where a node begins.
func (t *original) offset(node *yaml.Node) int {
	at := t.starts[node.Line-1]
	for column := 1; column < node.Column && at < len(t.content); column++ {
		_, size := utf8.DecodeRune(t.content[at:])
		at += size
	}
	return at
}

// inYAML is how a text is written.
func inYAML(text string) string {
	var w yamlwriter.Writer
	w.String("t", text)
	written, _ := w.Bytes() // of a text it never fails
	return strings.TrimSuffix(strings.TrimPrefix(string(written), "t: "), "\n")
}
