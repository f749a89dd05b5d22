// Package blockyaml reads the plain block form of YAML, in which nearly every
// file of a release repository is written, at ten times the speed of a whole
// YAML parser.
//
// It knows block mappings and sequences, plain and quoted scalars, literal and
// folded text, flow collections on one line, and comments. Its
// nodes are those of go.yaml.in/yaml/v3 for the same bytes: kinds, styles,
// values, lines and columns (comments are left out). Where a file has anything
// else, be it an anchor, a tag, a tab, a second document or a mistake, it says
// so and makes nothing: the caller turns to yaml.v3, whose word is final. So
// it never reports an error, and a file that it declines is only slower.
package blockyaml
