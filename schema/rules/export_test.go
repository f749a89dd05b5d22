package rules

import repolayout "github.com/drover-ci/drover/repo-layout"

// Sound counts the configurations that an earlier process found sound.
func Sound(repo *repolayout.Repo) int { return len(soundBefore(repo)) }

// Judged counts the configurations that had to be checked, as nothing was known of
// them from before.
func Judged(c *Checked) int { return c.judged }
