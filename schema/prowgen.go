package schema

import (
	"maps"
	"regexp"
	"slices"
)

// ProwgenChange is what the older files .config.prowgen say of one
// configuration that it does not say itself.
type ProwgenChange struct {
	// Prowgen are the options that become true.
	Prowgen JobGeneration
	// Unrehearsed are the tests, by position, that are kept out of rehearsals.
	Unrehearsed []int
	// Reports are where results of tests are reported, by the test's position.
	Reports map[int]*ReporterConfig
	// ImageReport is where results of image jobs are reported; nil for nowhere.
	ImageReport *ReporterConfig
}

// ChangeByProwgen works out what .config.prowgen files say of a configuration:
// that of its repository first, then that of its organization. What the
// configuration says itself counts more.
func ChangeByProwgen(config *Config, files ...*ProwgenFile) ProwgenChange {
	var change ProwgenChange
	has := JobGeneration{}
	if config.Prowgen != nil {
		has = *config.Prowgen
	}
	for _, file := range files {
		said := file.options(config.Metadata)
		for i, option := range optionsOf(&change.Prowgen) {
			*option = *option || *optionsOf(&said)[i] && !*optionsOf(&has)[i]
		}
	}
	for i := range config.Tests {
		change.addTest(i, config, files)
	}
	if config.Images != nil && config.Images.ReporterConfig == nil {
		change.ImageReport = reportOf("images", config.Metadata.Variant, files)
	}
	return change
}

func (c *ProwgenChange) addTest(i int, config *Config, files []*ProwgenFile) {
	test := &config.Tests[i]
	listed := func(file *ProwgenFile) bool { return slices.Contains(file.Rehearsals.DisabledRehearsals, test.As) }
	if !test.DisableRehearsal && slices.ContainsFunc(files, listed) {
		c.Unrehearsed = append(c.Unrehearsed, i)
	}
	if test.ReporterConfig != nil {
		return
	}
	if report := reportOf(test.As, config.Metadata.Variant, files); report != nil {
		if c.Reports == nil {
			c.Reports = map[int]*ReporterConfig{}
		}
		c.Reports[i] = report
	}
}

// reportOf finds where a test's results are reported; nil for nowhere.
func reportOf(test, variant string, files []*ProwgenFile) *ReporterConfig {
	for _, file := range files {
		for i := range file.SlackReporter {
			if r := &file.SlackReporter[i]; r.names(test, variant) {
				return &ReporterConfig{Channel: r.Channel, JobStatesToReport: r.JobStatesToReport, ReportTemplate: r.ReportTemplate}
			}
		}
	}
	return nil
}

func (r *ProwgenReporter) names(test, variant string) bool {
	if slices.Contains(r.ExcludedVariants, variant) || anyMatches(r.ExcludedJobPatterns, test) {
		return false
	}
	return slices.Contains(r.JobNames, test) || anyMatches(r.JobNamePatterns, test)
}

// anyMatches leaves out what is no expression: the file's problems say so.
func anyMatches(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		expression, err := regexp.Compile(pattern)
		return err == nil && expression.MatchString(text)
	})
}

// IsEmpty says whether the files add nothing.
func (c *ProwgenChange) IsEmpty() bool {
	return c.Prowgen == (JobGeneration{}) && len(c.Unrehearsed) == 0 && len(c.Reports) == 0 && c.ImageReport == nil
}

// Apply gives the configuration with the change. What it was given stays as it
// is.
func (c *ProwgenChange) Apply(config *Config) *Config {
	changed := *config
	if c.Prowgen != (JobGeneration{}) {
		changed.Prowgen = c.options(config.Prowgen)
	}
	changed.Tests = slices.Clone(config.Tests)
	for _, i := range c.Unrehearsed {
		changed.Tests[i].DisableRehearsal = true
	}
	for _, i := range slices.Sorted(maps.Keys(c.Reports)) {
		changed.Tests[i].ReporterConfig = c.Reports[i]
	}
	if c.ImageReport != nil {
		images := *config.Images
		images.ReporterConfig = c.ImageReport
		changed.Images = &images
	}
	return &changed
}

func (c *ProwgenChange) options(before *JobGeneration) *JobGeneration {
	var options JobGeneration
	if before != nil {
		options = *before
	}
	for i, option := range optionsOf(&options) {
		*option = *option || *optionsOf(&c.Prowgen)[i]
	}
	return &options
}

// optionsOf are the options that .config.prowgen files may set.
func optionsOf(o *JobGeneration) []*bool {
	return []*bool{&o.Private, &o.Expose, &o.DisableRehearsals, &o.SkipOperatorPresubmits, &o.EnableSecretsStoreCSIDriver}
}

// options are those of one configuration.
func (f *ProwgenFile) options(of Metadata) JobGeneration {
	return JobGeneration{
		Private: f.Private, Expose: f.Expose, DisableRehearsals: f.Rehearsals.DisableAll,
		SkipOperatorPresubmits:      slices.Contains(f.SkipOperatorPresubmits, ProwgenBranch{Branch: of.Branch, Variant: of.Variant}),
		EnableSecretsStoreCSIDriver: f.EnableSecretsStoreCSIDriver,
	}
}
