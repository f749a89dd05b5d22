package leases

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/drover-ci/drover/schema"
)

// Config is Boskos's configuration: what there is to lease.
type Config struct {
	Resources []Entry `json:"resources"`
}

// Entry declares a lease type: static resources by name, or dynamic ones by
// number.
type Entry struct {
	Type string `json:"type"`
	// State is the state that resources start in; empty is free.
	State string   `json:"state"`
	Names []string `json:"names,omitempty"`

	MaxCount int              `json:"max-count,omitempty"`
	MinCount int              `json:"min-count,omitempty"`
	LifeSpan *schema.Duration `json:"lifespan,omitempty"`
	Config   *LifecycleConfig `json:"config,omitempty"`
	Needs    map[string]int   `json:"needs,omitempty"`
}

// dynamic says whether resources are made by number.
func (e *Entry) dynamic() bool { return len(e.Names) == 0 }

// Bounds of a configuration.
const (
	// MaxConfig is how many bytes it has at most.
	MaxConfig = schema.MaxFileSize

	maxTypes   = 10_000
	maxNames   = 100_000
	maxCount   = 100_000
	maxContent = 512 << 10 // of what Mason is told, which stands in an object
)

// ParseConfig reads a configuration, and says all that is wrong with it, and where.
func ParseConfig(file string, content []byte) (*Config, error) {
	config := new(Config)
	judged, err := Decode(file, content, schema.LeaseConfig, config)
	if err != nil {
		return nil, err
	}
	config.check(judged.Reportf)
	if err := judged.Err(); err != nil {
		return nil, err
	}
	return config, nil
}

// Validate gives all that is wrong with a configuration, with Boskos's rules.
func (c *Config) Validate() error {
	var errs []error
	c.check(func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %w", path, fmt.Errorf(format, args...)))
	})
	return errors.Join(errs...)
}

func (c *Config) check(report func(path, format string, args ...any)) {
	check := &configCheck{
		types: map[string]bool{}, names: map[string]string{}, supply: map[string]int{}, demand: map[string]int{}, report: report,
	}
	if len(c.Resources) == 0 {
		check.report("resources", "there are none; that would be the end of all leases")
	}
	if len(c.Resources) > maxTypes {
		check.report("resources", "too many types (found %d, at most %d)", len(c.Resources), maxTypes)
	}
	if total := c.names(); total > maxNames {
		check.report("resources", "too many names (found %d, at most %d)", total, maxNames)
	}
	for i := range c.Resources {
		check.entry(fmt.Sprintf("resources[%d]", i), &c.Resources[i])
	}
	for _, need := range slices.Sorted(maps.Keys(check.demand)) {
		if found, ok := check.supply[need]; !ok {
			check.report("resources", "there is a need for type %q, which does not exist", need)
		} else if found < check.demand[need] {
			check.report("resources", "there are needs for %d of type %q, of which there are %d", check.demand[need], need, found)
		}
	}
}

// names counts the static resources.
func (c *Config) names() int {
	total := 0
	for i := range c.Resources {
		total += len(c.Resources[i].Names)
	}
	return total
}

type configCheck struct {
	types          map[string]bool
	names          map[string]string
	supply, demand map[string]int
	report         func(path, format string, args ...any)
}

func (c *configCheck) text(path, text string) {
	if err := CheckText("the text", text); err != nil {
		c.report(path, "%s", err)
	}
}

func (c *configCheck) entry(path string, e *Entry) {
	switch {
	case e.Type == "":
		c.report(path+".type", "must be set")
	case c.types[e.Type]:
		c.report(path+".type", "%q was declared before", e.Type)
	case e.dynamic() && len(validation.IsDNS1123Subdomain(e.Type)) > 0:
		c.report(path+".type", "a dynamic type is the name of an object (found %q): %s", e.Type, validation.IsDNS1123Subdomain(e.Type)[0])
	}
	c.types[e.Type] = true
	c.text(path+".type", e.Type)
	c.text(path+".state", e.State)
	if e.dynamic() {
		c.dynamic(path, e)
		return
	}
	if e.MinCount != 0 || e.MaxCount != 0 {
		c.report(path, "names and counts exclude each other")
	}
	c.supply[e.Type] += len(e.Names)
	for i, name := range e.Names {
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			c.report(fmt.Sprintf("%s.names[%d]", path, i), "not the name of an object (found %q): %s", name, problems[0])
		}
		if other, ok := c.names[name]; ok {
			c.report(fmt.Sprintf("%s.names[%d]", path, i), "%q is a resource of type %q already", name, other)
		}
		c.names[name] = e.Type
	}
}

func (c *configCheck) dynamic(path string, e *Entry) {
	switch {
	case e.MaxCount <= 0:
		c.report(path+".max-count", "must be above 0 (found %d)", e.MaxCount)
	case e.MaxCount > maxCount:
		c.report(path+".max-count", "too many (found %d, at most %d)", e.MaxCount, maxCount)
	case e.MinCount < 0 || e.MinCount > e.MaxCount:
		c.report(path+".min-count", "must be from 0 to max-count (found %d)", e.MinCount)
	}
	if e.LifeSpan != nil && *e.LifeSpan < 0 {
		c.report(path+".lifespan", "must not be negative (found %s)", time.Duration(*e.LifeSpan))
	}
	if e.Config != nil && len(e.Config.Content) > maxContent {
		c.report(path+".config.content", "too long (found %d bytes, at most %d)", len(e.Config.Content), maxContent)
	}
	c.supply[e.Type] += e.MaxCount
	for _, need := range slices.Sorted(maps.Keys(e.Needs)) {
		count := e.Needs[need]
		if count < 1 || count > maxCount {
			c.report(fmt.Sprintf("%s.needs[%q]", path, need), "must be from 1 to %d (found %d)", maxCount, count)
			continue
		}
		c.demand[need] += count * e.MaxCount
	}
}

// wanted is a configuration as the pool uses it.
type wanted struct {
	static  map[string]wantedStatic // by name
	dynamic map[string]Lifecycle    // by type
	count   map[string]int          // of static resources, by type
}

type wantedStatic struct{ leaseType, state string }

func (w *wanted) has(leaseType string) bool {
	_, dynamic := w.dynamic[leaseType]
	return dynamic || w.count[leaseType] > 0
}

func newWanted(config *Config) *wanted {
	w := &wanted{static: map[string]wantedStatic{}, dynamic: map[string]Lifecycle{}, count: map[string]int{}}
	for i := range config.Resources {
		e := &config.Resources[i]
		for _, name := range e.Names {
			w.static[name] = wantedStatic{e.Type, cmp.Or(e.State, Free)}
			w.count[e.Type]++
		}
		if e.dynamic() {
			w.dynamic[e.Type] = e.lifecycle()
		}
	}
	return w
}

func (e *Entry) lifecycle() Lifecycle {
	l := Lifecycle{Type: e.Type, State: e.State, Min: e.MinCount, Max: e.MaxCount, Needs: e.Needs}
	if e.LifeSpan != nil {
		l.LifeSpan = time.Duration(*e.LifeSpan)
	}
	if e.Config != nil {
		l.Config = *e.Config
	}
	return l
}

// limit is how many resources of a type may be in use; false where nothing is
// known of it.
func (p *Pool) limit(leaseType string) (int, bool) {
	if p.wanted == nil {
		return 0, false
	}
	if l, ok := p.wanted.dynamic[leaseType]; ok {
		return l.Max, true
	}
	return p.wanted.count[leaseType], true
}
