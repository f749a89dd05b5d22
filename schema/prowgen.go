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
		own := &change.Prowgen
		own.Private = own.Private || file.Private && !has.Private
		own.Expose = own.Expose || file.Expose && !has.Expose
		own.DisableRehearsals = own.DisableRehearsals || file.Rehearsals.DisableAll && !has.DisableRehearsals
		own.EnableSecretsStoreCSIDriver = own.EnableSecretsStoreCSIDriver ||
			file.EnableSecretsStoreCSIDriver && !has.EnableSecretsStoreCSIDriver
		here := ProwgenBranch{Branch: config.Metadata.Branch, Variant: config.Metadata.Variant}
		own.SkipOperatorPresubmits = own.SkipOperatorPresubmits ||
			slices.Contains(file.SkipOperatorPresubmits, here) && !has.SkipOperatorPresubmits
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
	options.Private = options.Private || c.Prowgen.Private
	options.Expose = options.Expose || c.Prowgen.Expose
	options.DisableRehearsals = options.DisableRehearsals || c.Prowgen.DisableRehearsals
	options.SkipOperatorPresubmits = options.SkipOperatorPresubmits || c.Prowgen.SkipOperatorPresubmits
	options.EnableSecretsStoreCSIDriver = options.EnableSecretsStoreCSIDriver || c.Prowgen.EnableSecretsStoreCSIDriver
	return &options
}
