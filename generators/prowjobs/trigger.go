package prowjobs

// remainingRequired is what people write to start all jobs that do not start by
// themselves but have to pass.
const remainingRequired = "remaining-required"

// trigger is the expression for the comments that start a presubmit: /test with
// what the expression name stands for.
func trigger(name string) string { return `(?m)^/test( | .* )` + name + `,?($|\s.*)` }
