// Package yamlwriter writes YAML exactly as sigs.k8s.io/yaml would, at the
// speed of copying bytes.
//
// Prow's job files are many and large, and almost all of their text is short
// words and paths. sigs.k8s.io/yaml turns a value into JSON, parses that and
// writes it again; a [Writer] is told the fields in their order and appends
// them. It decides for itself only where a string is printable ASCII on one
// line. Whatever needs more (line breaks, folding, escapes, other scripts, text
// that looks almost like a number) it hands to sigs.k8s.io/yaml, so the result
// is the same by construction; a fuzz test compares the two.
//
// A Writer does not sort: sigs.k8s.io/yaml writes fields in alphabetical order,
// and so must its caller.
package yamlwriter
