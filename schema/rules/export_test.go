package rules

import repolayout "github.com/drover-ci/drover/repo-layout"

// Sound counts the configurations that an earlier process found sound.
func Sound(repo *repolayout.Repo) int { return len(soundBefore(repo)) }
