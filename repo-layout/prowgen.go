package repolayout

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-ci/drover/internal/longlist"
	"github.com/drover-ci/drover/schema"
)

// ProwgenName is the name of a file in the folder of an organization or of a
// repository that says, in an older form, how jobs of the configurations there
// are made.
const ProwgenName = ".config.prowgen"

// ProwgenDoc is such a file as a document.
type ProwgenDoc = Doc[schema.ProwgenFile]

// prowgenFile is such a file of a folder, if that is one where it counts.
func (s configSorter) prowgenFile(name string, entry Entry) (file, *schema.Problem) {
	parts := strings.Split(strings.TrimPrefix(name, s.root+"/"), "/")
	if len(parts) != 2 && len(parts) != 3 {
		problem := fileProblem(name, RuleFileName,
			fmt.Sprintf("the file is in the wrong folder (found %q, want ORG/%s or ORG/REPO/%s)", strings.Join(parts, "/"), ProwgenName, ProwgenName))
		return file{}, &problem
	}
	return newFile(entry, decodeProwgen, name), nil
}

func decodeProwgen(f *file, contents [][]byte) {
	doc := &ProwgenDoc{Path: f.path(), ID: f.id, Value: new(schema.ProwgenFile)}
	doc.Problems = decodePart(f, contents, doc.Value)
	for i, reporter := range doc.Value.SlackReporter {
		for name, patterns := range map[string][]string{
			"job_name_patterns": reporter.JobNamePatterns, "excluded_job_patterns": reporter.ExcludedJobPatterns,
		} {
			for j, pattern := range patterns {
				if _, err := regexp.Compile(pattern); err != nil {
					doc.Problems = append(doc.Problems, at(contents[0], f.path(), fmt.Sprintf("slack_reporter[%d].%s[%d]", i, name, j),
						schema.RuleWrongValue, fmt.Sprintf("the value is no regular expression (found %q, want one that can be read: %v)", pattern, err)))
				}
			}
		}
	}
	doc.Problems = schema.SortProblems(doc.Problems)
	f.finish(doc, &doc.Problems)
}

// changedConfig is a configuration to which .config.prowgen files were applied.
type changedConfig struct {
	before, after *Doc[schema.Config]
	// files are those of its repository and organization; nil for none.
	files [2]*ProwgenDoc
}

// applyProwgen gives configurations with what .config.prowgen files say in them. A
// document whose files are those of the Repo before is that of the Repo before.
func (r *Repo) applyProwgen(configs longlist.List[*Doc[schema.Config]], before *Repo) longlist.List[*Doc[schema.Config]] {
	if len(r.Prowgen) == 0 {
		return configs
	}
	files := make(map[string]*ProwgenDoc, len(r.Prowgen))
	for _, doc := range r.Prowgen {
		files[path.Dir(doc.Path)] = doc
	}
	r.changed = make(map[string]changedConfig)
	var plain, applied []*Doc[schema.Config]
	for dir := range files {
		for _, doc := range InFolder(configs, dir+"/") {
			if changed, ok := r.changedBy(doc, files, before); ok {
				r.changed[doc.Path] = changed
				plain, applied = append(plain, doc), append(applied, changed.after)
			}
		}
	}
	return configs.Next(plain, applied)
}

// changedBy is what the files of its folder and of the one above make of a
// document, unless they were asked before.
func (r *Repo) changedBy(doc *Doc[schema.Config], files map[string]*ProwgenDoc, before *Repo) (changed changedConfig, ok bool) {
	dir := path.Dir(doc.Path)
	own := [2]*ProwgenDoc{files[dir], files[path.Dir(dir)]}
	if _, done := r.changed[doc.Path]; done || own == [2]*ProwgenDoc{} {
		return changedConfig{}, false
	}
	changed = changedConfig{before: doc, files: own}
	if known := before.changed[doc.Path]; known.before == doc && known.files == own {
		return known, true
	}
	changed.after = changed.apply()
	return changed, true
}

func (c changedConfig) apply() *Doc[schema.Config] {
	ids := []ID{c.before.ID, {}, {}}
	var values []*schema.ProwgenFile
	for i, doc := range c.files {
		if doc != nil {
			ids[i+1] = doc.ID
			values = append(values, doc.Value)
		}
	}
	change := schema.ChangeByProwgen(c.before.Value, values...)
	if change.IsEmpty() {
		return c.before
	}
	return &Doc[schema.Config]{
		Path: c.before.Path, ID: combine(ids...), Value: change.Apply(c.before.Value), Problems: slices.Clone(c.before.Problems),
	}
}
