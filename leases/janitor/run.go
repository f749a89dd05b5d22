package janitor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	batchclient "k8s.io/client-go/kubernetes/typed/batch/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"github.com/drover-ci/drover/leases"
)

// Environment is what a cleaner finds of the resource in its environment.
func Environment(r *leases.Resource) map[string]string {
	data, _ := json.Marshal(r.UserData) //nolint:errchkjson // strings
	return map[string]string{"LEASE_NAME": r.Name, "LEASE_TYPE": r.Type, "LEASE_USERDATA": string(data)}
}

// Runners runs commands on this machine and Jobs in a cluster.
type Runners struct {
	jobs      batchclient.JobInterface
	namespace string
}

// NewRunners makes runners. Jobs run in the namespace.
func NewRunners(config *rest.Config, namespace string) (*Runners, error) {
	client, err := batchclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for Jobs: %w", err)
	}
	return &Runners{jobs: client.Jobs(namespace), namespace: namespace}, nil
}

// Run implements [Runner].
func (r *Runners) Run(ctx context.Context, cleaner *Cleaner, resource *leases.Resource) error {
	if cleaner.Job != nil {
		return r.runJob(ctx, cleaner.Job, resource)
	}
	return runCommand(ctx, cleaner.Command, resource)
}

// Bounds of what commands do.
const (
	maxOutput = 4 << 10
	killAfter = 10 * time.Second
)

func runCommand(ctx context.Context, command []string, resource *leases.Resource) error {
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	ownGroup(process)
	process.Cancel = func() error { return interruptGroup(process) }
	process.WaitDelay = killAfter
	defer killGroup(process) // what it left running would go on with a resource that is somebody's by then
	process.Env = os.Environ()
	for name, value := range Environment(resource) {
		process.Env = append(process.Env, name+"="+value)
	}
	output := &tail{}
	process.Stdout, process.Stderr = output, output
	if err := process.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", command[0], err, strings.TrimSpace(output.String()))
	}
	return nil
}

// tail keeps the end of what is written.
type tail struct{ bytes.Buffer }

// Write implements [io.Writer].
func (t *tail) Write(content []byte) (int, error) {
	t.Buffer.Write(content)
	if excess := t.Len() - maxOutput; excess > 0 {
		t.Next(excess)
	}
	return len(content), nil
}

// runJob runs a Job to its end. Where the context ends first, the Job goes.
func (r *Runners) runJob(ctx context.Context, spec *batchv1.JobSpec, resource *leases.Resource) error {
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: "lease-janitor-", Namespace: r.namespace,
			Labels:      map[string]string{"app.kubernetes.io/managed-by": "drover", "app.kubernetes.io/component": "lease-janitor"},
			Annotations: map[string]string{"leases.drover.dev/resource": resource.Name},
		},
		Spec: *spec.DeepCopy(),
	}
	for i := range job.Spec.Template.Spec.Containers {
		container := &job.Spec.Template.Spec.Containers[i]
		for _, name := range []string{"LEASE_NAME", "LEASE_TYPE", "LEASE_USERDATA"} {
			container.Env = append(container.Env, corev1.EnvVar{Name: name, Value: Environment(resource)[name]})
		}
	}
	job, err := r.jobs.Create(ctx, job, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("start a Job: %w", err)
	}
	defer r.remove(ctx, job.Name)
	return r.await(ctx, job.Name)
}

func (r *Runners) remove(ctx context.Context, name string) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	background := metav1.DeletePropagationBackground
	_ = r.jobs.Delete(last, name, metav1.DeleteOptions{PropagationPolicy: &background})
}

// await waits until a Job has ended, one way or the other.
func (r *Runners) await(ctx context.Context, name string) error {
	only := fields.OneTermEqualSelector("metadata.name", name).String()
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = only
			return r.jobs.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector = only
			return r.jobs.Watch(ctx, options)
		},
	}
	var failure error
	_, err := watchtools.UntilWithSync(ctx, lw, &batchv1.Job{}, nil, func(event watch.Event) (bool, error) {
		job, ok := event.Object.(*batchv1.Job)
		if !ok || event.Type == watch.Deleted {
			return false, errors.New("the Job was deleted")
		}
		for _, condition := range job.Status.Conditions {
			if condition.Status != corev1.ConditionTrue {
				continue
			}
			switch condition.Type { //nolint:exhaustive // the others are not ends
			case batchv1.JobComplete:
				return true, nil
			case batchv1.JobFailed:
				failure = errors.New(condition.Message)
				return true, nil
			}
		}
		return false, nil
	})
	if err := errors.Join(err, failure); err != nil {
		return fmt.Errorf("Job %s: %w", name, err) //nolint:staticcheck // Job is the name of a kind
	}
	return nil
}
