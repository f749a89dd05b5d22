// Package prowjobs makes the Prow jobs of a component: what runs on its pull
// requests, after its merges and at fixed times.
//
// The natural unit is the component, org/repo with the configurations of all
// its branches and variants, because variants share files. [New] reads a job
// template and what the step registry says of cluster profiles; the
// [Generator] that it returns never changes and may be used by many goroutines.
// The work then goes in stages over plain data, so that others can stand
// between them:
//
//	[Generator.Jobs]  configurations → files of jobs
//	[Merge]           what people wrote in the existing files is kept
//	[Render]          files of jobs → bytes
//
// [Generator.Component] is the first and the last of them. Whoever assigns
// clusters uses [JobFile.Assign] before the files are rendered. [Existing] reads
// files in which people wrote all jobs, of which nothing else ever changes.
//
// What a job looks like (image, arguments, secrets, volumes, ports) is not
// written here but in a [schema.JobTemplate]; [OpenShift] is the default.
// What is here is which jobs there are, what they are called, when they run
// and which parts of the template they get.
//
// The package never reads a file, and never decides what is valid: it takes
// configurations that passed the rules, and gives an error only where no
// sensible file can be made.
package prowjobs
