package janitor

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	strictjson "sigs.k8s.io/json"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/schema"
)

// Config says how resources are cleaned.
type Config struct {
	Cleaners []Cleaner `json:"cleaners"`
}

// Cleaner cleans the resources of some types. Exactly one of Command and Job is
// set.
type Cleaner struct {
	// Types are patterns of lease types: * stands for anything.
	Types []string `json:"types"`
	// Command is a program and its arguments. It finds in its environment which
	// resource it is to clean: see [Environment].
	Command []string `json:"command,omitempty"`
	// Job is the specification of a Kubernetes Job. Its containers get the same
	// environment.
	Job *batchv1.JobSpec `json:"job,omitempty"`
	// Timeout bounds one try. Default: 30 minutes.
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// Tries is how often it is tried before a resource goes into quarantine.
	// Default: 3.
	Tries int `json:"tries,omitempty"`
	// Pause is how long to wait between two tries. Default: 1 minute.
	Pause *metav1.Duration `json:"pause,omitempty"`
	// Parallel is how many resources of one type are cleaned at a time. Default: 5.
	Parallel int `json:"parallel,omitempty"`
}

// LoadConfig reads a file, and says all that is wrong with it:
//
//	cleaners:
//	- types: ["aws-*"]
//	  command: [/usr/bin/aws-nuke, --account]
//	  timeout: 1h
//	- types: ["gcp-*"]
//	  job:
//	    template:
//	      spec:
//	        restartPolicy: Never
//	        containers: [{name: clean, image: example.com/gcp-janitor}]
func LoadConfig(file string) (*Config, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the cleaners: %w", err)
	}
	var written struct {
		Cleaners []struct {
			Cleaner

			Job json.RawMessage `json:"job"`
		} `json:"cleaners"`
	}
	judged, err := leases.Decode(file, content, schema.LeaseCleaners, &written)
	if err != nil {
		return nil, fmt.Errorf("read the cleaners: %w", err)
	}
	config := new(Config)
	for i, each := range written.Cleaners {
		at := fmt.Sprintf("cleaners[%d]", i)
		each.complete(at, judged)
		each.Cleaner.Job = decodeJob(each.Job, at+".job", judged)
		config.Cleaners = append(config.Cleaners, each.Cleaner)
	}
	if err := judged.Err(); err != nil {
		return nil, fmt.Errorf("read the cleaners: %w", err)
	}
	return config, nil
}

// complete checks what the definition cannot, and fills in what is not said.
func (c *Cleaner) complete(at string, judged *leases.Judged) {
	if len(c.Types) == 0 {
		judged.Reportf(at+".types", "there are none (found an empty list, want patterns of lease types)")
	}
	for i, pattern := range c.Types {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			judged.Reportf(fmt.Sprintf("%s.types[%d]", at, i), "not a pattern (found %q, want one such as aws-*)", pattern)
		}
	}
	if c.Timeout != nil && c.Timeout.Duration == 0 {
		judged.Reportf(at+".timeout", `there is no time to clean (found 0s, want one such as "30m")`)
	}
	c.Timeout = cmp.Or(c.Timeout, &metav1.Duration{Duration: 30 * time.Minute})
	c.Pause = cmp.Or(c.Pause, &metav1.Duration{Duration: time.Minute})
	c.Tries = cmp.Or(c.Tries, 3)
	c.Parallel = cmp.Or(c.Parallel, 5)
}

// decodeJob reads the specification of a Job as the API server would. Nil where there
// is none.
func decodeJob(raw json.RawMessage, at string, judged *leases.Judged) *batchv1.JobSpec {
	if len(raw) == 0 {
		return nil
	}
	job := new(batchv1.JobSpec)
	unknown, err := strictjson.UnmarshalStrict(raw, job)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		judged.Reportf(at+"."+wrong.Field, "the value has the wrong type (found a %s, want %s)", wrong.Value, wrong.Type)
	} else if err != nil {
		judged.Reportf(at, "it cannot be read (found %q, want the specification of a Job)", err)
	}
	for _, each := range unknown {
		if field, ok := errors.AsType[strictjson.FieldError](each); ok {
			name := field.FieldPath()
			judged.Reportf(at+"."+name, "the field is not known (found %s, want one of a Kubernetes Job)", name[strings.LastIndex(name, ".")+1:])
		}
	}
	return job
}

// For gives the first cleaner for a type, or nil.
func (c *Config) For(leaseType string) *Cleaner {
	if c == nil {
		return nil
	}
	for i := range c.Cleaners {
		for _, pattern := range c.Cleaners[i].Types {
			if ok, _ := path.Match(pattern, leaseType); ok {
				return &c.Cleaners[i]
			}
		}
	}
	return nil
}
