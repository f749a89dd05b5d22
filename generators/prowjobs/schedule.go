package prowjobs

import (
	"fmt"
	"hash/fnv"
)

// neverByItself is the schedule of jobs that something else starts: once a
// year, since Prow insists on one.
const neverByItself = "@yearly"

// spread turns @daily into a time of its own for each job, in the night from
// 22:00 to 03:59, so that they do not all start at midnight.
func spread(cron, job string) string {
	if cron != "@daily" {
		return cron
	}
	hash := fnv.New32()
	_, _ = hash.Write([]byte(job)) // a hash.Hash never fails to write
	sum := hash.Sum32()
	return fmt.Sprintf("%d %d * * *", sum%60, (22+sum%6)%24)
}
