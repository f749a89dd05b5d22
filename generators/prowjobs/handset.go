package prowjobs

import "encoding/json"

// handSet is what people may set on a generated job in its file.
type handSet struct {
	maxConcurrency int
	cluster        string
	skipReport     bool
	report         any
}

// A jobKey says which job of a file is meant.
type jobKey struct {
	kind       Kind
	repo, name string
}

// handSet is what people may have set on the jobs of a file.
func (f *JobFile) handSet() map[jobKey]handSet {
	set := map[jobKey]handSet{}
	for i := range f.Groups {
		group := &f.Groups[i]
		for _, job := range group.Jobs {
			set[jobKey{group.Kind, group.Repo, job.Name}] = handSetOf(job)
		}
	}
	return set
}

// handSetOf reads what people may have set on an existing job. A cluster that
// the label says too came from the configuration of that time.
func handSetOf(job *Job) handSet {
	set := handSet{
		cluster:    job.Cluster,
		skipReport: as[bool](job.raw["skip_report"]),
		report:     job.raw["reporter_config"],
	}
	if n, err := as[json.Number](job.raw["max_concurrency"]).Int64(); err == nil {
		set.maxConcurrency = int(n)
	}
	if set.cluster == job.Labels.Get(labelCluster) {
		set.cluster = ""
	}
	return set
}

// keep is the generated job with what people set, as far as that is theirs to
// say for such a job and the configuration does not say it.
func (s *handSet) keep(generated *Job) Job {
	job := *generated
	if s.maxConcurrency > 0 && !job.fixed.maxConcurrency {
		job.MaxConcurrency = s.maxConcurrency
	}
	if s.cluster != "" && !job.fixed.cluster {
		job.Cluster = s.cluster
	}
	switch job.Kind {
	case Presubmit:
		job.SkipReport = s.skipReport
	case Periodic:
		if job.Report == nil {
			job.report = s.report
		}
	case Postsubmit:
	}
	return job
}
