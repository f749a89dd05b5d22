package janitor

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/drover-ci/drover/leases"
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
	Timeout metav1.Duration `json:"timeout"`
	// Tries is how often it is tried before a resource goes into quarantine.
	// Default: 3.
	Tries int `json:"tries,omitempty"`
	// Pause is how long to wait between two tries. Default: 1 minute.
	Pause metav1.Duration `json:"pause"`
	// Parallel is how many resources of one type are cleaned at a time. Default: 5.
	Parallel int `json:"parallel,omitempty"`
}

// Bounds of a cleaner.
const (
	maxTries    = 100
	maxParallel = 100
	maxTimeout  = 24 * time.Hour
)

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
	config := new(Config)
	if err := leases.Decode(content, config); err != nil {
		return nil, fmt.Errorf("read the cleaners in %s: %w", file, err)
	}
	var errs []error
	for i := range config.Cleaners {
		errs = append(errs, config.Cleaners[i].complete(fmt.Sprintf("cleaners[%d]", i)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("read the cleaners in %s: %w", file, err)
	}
	return config, nil
}

// complete checks a cleaner and fills in what is not said.
func (c *Cleaner) complete(at string) error {
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+format, args...)) }
	if len(c.Types) == 0 {
		report(".types: there are none")
	}
	for i, pattern := range c.Types {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			report(".types[%d]: not a pattern (found %q)", i, pattern)
		}
	}
	if (len(c.Command) == 0) == (c.Job == nil) {
		report(": either a command or a job must be set")
	}
	c.Timeout.Duration = cmp.Or(c.Timeout.Duration, 30*time.Minute)
	c.Pause.Duration = cmp.Or(c.Pause.Duration, time.Minute)
	c.Tries = cmp.Or(c.Tries, 3)
	c.Parallel = cmp.Or(c.Parallel, 5)
	if c.Timeout.Duration < 0 || c.Timeout.Duration > maxTimeout {
		report(".timeout: must be from 0 to %s (found %s)", maxTimeout, c.Timeout.Duration)
	}
	if c.Pause.Duration < 0 || c.Pause.Duration > maxTimeout {
		report(".pause: must be from 0 to %s (found %s)", maxTimeout, c.Pause.Duration)
	}
	if c.Tries < 1 || c.Tries > maxTries {
		report(".tries: must be from 1 to %d (found %d)", maxTries, c.Tries)
	}
	if c.Parallel < 1 || c.Parallel > maxParallel {
		report(".parallel: must be from 1 to %d (found %d)", maxParallel, c.Parallel)
	}
	return errors.Join(errs...)
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
