package janitor_test

import (
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	batchclient "k8s.io/client-go/kubernetes/typed/batch/v1"

	"github.com/drover-ci/drover/leases"
)

const jobCleaner = `
cleaners:
- types: ["*"]
  tries: 1
  job: {template: {spec: {restartPolicy: Never, containers: [{name: clean, image: example.com/clean}]}}}
`

// controller plays the controller of Jobs, which an API server alone has not.
type controller struct {
	*house

	jobs batchclient.JobInterface
}

// job waits for the Job that cleans a resource.
func (c *controller) job(resource string) *batchv1.Job {
	c.t.Helper()
	var found *batchv1.Job
	c.Until("there is a Job for "+resource, func() bool {
		all, err := c.jobs.List(c.t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=lease-janitor"})
		if err != nil {
			c.t.Fatal(err)
		}
		for i := range all.Items {
			if all.Items[i].Annotations["leases.drover.dev/resource"] == resource {
				found = &all.Items[i]
			}
		}
		return found != nil
	})
	return found
}

// ends lets a Job end.
func (c *controller) ends(job *batchv1.Job, conditions ...batchv1.JobCondition) {
	c.t.Helper()
	now := metav1.Now()
	job.Status.StartTime = &now
	job.Status.Conditions = conditions
	if conditions[0].Type == batchv1.JobSuccessCriteriaMet {
		job.Status.CompletionTime, job.Status.Succeeded = &now, 1
	}
	if _, err := c.jobs.UpdateStatus(c.t.Context(), job, metav1.UpdateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

func condition(kind batchv1.JobConditionType, message string) batchv1.JobCondition {
	return batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, Message: message}
}

// TestJobsClean: a Job is made, told which resource it is for, awaited, and
// taken away.
func TestJobsClean(t *testing.T) {
	t.Parallel()
	h := newHouse(t, stored(dirty("good", 1), dirty("bad", 1)), jobCleaner)
	client, err := batchclient.NewForConfig(cluster.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &controller{house: h, jobs: client.Jobs(h.Namespace)}
	good := c.job("good-0")
	want := []corev1.EnvVar{{Name: "LEASE_NAME", Value: "good-0"}, {Name: "LEASE_TYPE", Value: "good"}, {Name: "LEASE_USERDATA", Value: "null"}}
	if got := good.Spec.Template.Spec.Containers[0].Env; len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got environment %v", got)
	}
	c.ends(good, condition(batchv1.JobSuccessCriteriaMet, ""), condition(batchv1.JobComplete, ""))
	c.ends(c.job("bad-0"), condition(batchv1.JobFailureTarget, "the pod was evicted"), condition(batchv1.JobFailed, "the pod was evicted"))
	h.becomes("good-0", leases.Free)
	h.becomes("bad-0", leases.Quarantine)
	if !strings.Contains(h.log.String(), "the pod was evicted") {
		t.Errorf("the log does not say why:\n%s", h.log)
	}
	h.Until("the Jobs are gone", func() bool {
		left, err := c.jobs.List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range left.Items {
			if left.Items[i].DeletionTimestamp == nil {
				return false
			}
		}
		return true
	})
}
