package prowjobs

import (
	"fmt"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/yamlwriter"
	"github.com/drover-ci/drover/schema"
)

// Render writes files of jobs, in the order in which they are given.
func Render(files []JobFile) ([]generators.File, error) { return new(Renderer).Render(files) }

// A Renderer writes files of jobs into memory that it uses again: most of what
// it costs to write a whole repository's would else be new memory. The zero
// Renderer is ready for use. It must not be used by several goroutines at once.
type Renderer struct {
	w     yamlwriter.Writer
	files []generators.File
}

// Render writes files of jobs, in the order in which they are given. What it
// gives is valid until the next call.
func (r *Renderer) Render(files []JobFile) ([]generators.File, error) {
	r.w.Reset()
	r.files = r.files[:0]
	ends := make([]int, len(files))
	for i := range files {
		file := &files[i]
		content, err := renderFile(&r.w, file)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", file.Path, err)
		}
		r.files = append(r.files, generators.File{Path: file.Path, Content: content})
		ends[i] = r.w.Len()
	}
	// The memory moves as it grows, so it is cut into files only now.
	start := 0
	all, _ := r.w.Bytes()
	for i, end := range ends {
		if r.files[i].Content == nil {
			r.files[i].Content = all[start:end:end]
		}
		start = end
	}
	return r.files, nil
}

// renderFile appends a file to what was written, or gives its content.
func renderFile(w *yamlwriter.Writer, f *JobFile) ([]byte, error) {
	if f.content != nil {
		return f.content, nil
	}
	if len(f.Groups) != 1 || len(f.others) > 0 {
		return renderUnusual(f)
	}
	writeGroup(w, &f.Groups[0])
	_, err := w.Bytes()
	return nil, err
}

func writeGroup(w *yamlwriter.Writer, g *Group) {
	w.Open(string(g.Kind))
	if g.Kind != Periodic {
		w.OpenKey(g.Repo)
	}
	for _, job := range g.Jobs {
		w.Item()
		writeJob(w, job)
	}
	if g.Kind != Periodic {
		w.Close()
	}
	w.Close()
}

// writeJob writes the fields of a job in alphabetical order.
func writeJob(w *yamlwriter.Writer, j *Job) {
	if j.raw != nil {
		w.Mapping(j.rawFields())
		return
	}
	w.String("agent", "kubernetes")
	if j.Kind != Periodic {
		w.Bool("always_run", j.AlwaysRun)
	}
	pairs(w, "annotations", j.Annotations)
	list(w, "branches", j.Branches)
	text(w, "cluster", j.Cluster)
	text(w, "context", j.Context)
	text(w, "cron", j.Cron)
	w.Bool("decorate", true)
	writeDecoration(w, j)
	writeExtraRefs(w, j)
	truth(w, "hidden", j.Hidden)
	text(w, "interval", j.Interval)
	pairs(w, "labels", j.Labels)
	number(w, "max_concurrency", j.MaxConcurrency)
	text(w, "minimum_interval", j.MinimumInterval)
	w.String("name", j.Name)
	truth(w, "optional", j.Optional)
	if j.Kind != Periodic {
		text(w, "path_alias", j.Checkout.PathAlias)
	}
	writeReport(w, j)
	text(w, "rerun_command", j.RerunCommand)
	writeRetry(w, j.Retry)
	text(w, "run_if_changed", j.RunIfChanged)
	list(w, "skip_branches", j.SkipBranches)
	text(w, "skip_if_only_changed", j.SkipIfOnlyChanged)
	truth(w, "skip_report", j.SkipReport)
	writeSpec(w, &j.Spec)
	text(w, "trigger", j.Trigger)
}

// writeDecoration writes what Prow puts around the job: the clone, the time
// limit.
func writeDecoration(w *yamlwriter.Writer, j *Job) {
	c := &j.Checkout
	if c.Token == nil && !c.Skip && len(c.Files) == 0 && j.Timeout == nil {
		return
	}
	w.Open("decoration_config")
	if c.Token != nil {
		w.Open("oauth_token_secret")
		text(w, "key", c.Token.Key)
		text(w, "name", c.Token.Name)
		w.Close()
	}
	truth(w, "skip_cloning", c.Skip)
	list(w, "sparse_checkout_files", c.Files)
	if j.Timeout != nil {
		w.String("timeout", j.Timeout.String())
	}
	w.Close()
}

// writeExtraRefs writes what a periodic is about.
func writeExtraRefs(w *yamlwriter.Writer, j *Job) {
	if j.Kind != Periodic {
		return
	}
	w.Open("extra_refs")
	w.Item()
	w.String("base_ref", j.Base.Branch)
	w.String("org", j.Base.Org)
	text(w, "path_alias", j.Checkout.PathAlias)
	w.String("repo", j.Base.Repo)
	list(w, "sparse_checkout_files", j.Checkout.Files)
	w.Close()
}

func writeReport(w *yamlwriter.Writer, j *Job) {
	switch {
	case j.Report != nil:
		w.Open("reporter_config")
		w.Open("slack")
		text(w, "channel", j.Report.Channel)
		list(w, "job_states_to_report", reportedStates(j.Report))
		text(w, "report_template", j.Report.ReportTemplate)
		w.Close()
		w.Close()
	case j.report != nil:
		w.Value("reporter_config", j.report)
	}
}

// reportedStates are the states of jobs that are reported.
func reportedStates(report *schema.ReporterConfig) []string {
	if len(report.JobStatesToReport) == 0 {
		return []string{"success", "failure", "error"}
	}
	return report.JobStatesToReport
}

func writeRetry(w *yamlwriter.Writer, retry *schema.Retry) {
	if retry == nil {
		return
	}
	w.Open("retry")
	number(w, "attempts", int(retry.Attempts))
	text(w, "interval", retry.Interval)
	truth(w, "run_all", retry.RunAll)
	w.Close()
}

// Prow leaves out fields that have no value; so do these.

func text(w *yamlwriter.Writer, field, value string) {
	if value != "" {
		w.String(field, value)
	}
}

//nolint:revive // what decides is the field's value, not how the caller wants it
func truth(w *yamlwriter.Writer, field string, value bool) {
	if value {
		w.Bool(field, value)
	}
}

func number(w *yamlwriter.Writer, field string, value int) {
	if value != 0 {
		w.Int(field, value)
	}
}

func list(w *yamlwriter.Writer, field string, values []string) {
	if len(values) > 0 {
		w.Strings(field, values)
	}
}

func pairs(w *yamlwriter.Writer, field string, values Pairs) {
	if len(values) > 0 {
		w.Pairs(field, values)
	}
}
