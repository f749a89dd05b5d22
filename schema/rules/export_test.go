package rules

import repolayout "github.com/drover-ci/drover/repo-layout"

// Sound counts the configurations that an earlier process found sound.
func Sound(repo *repolayout.Repo) int {
	wasSound, count := soundBefore(repo), 0
	for _, doc := range repo.Configs {
		if wasSound(doc) {
			count++
		}
	}
	return count
}
