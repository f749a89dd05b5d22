package leases

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
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
	LifeSpan *LifeSpan        `json:"lifespan,omitempty"`
	Config   *LifecycleConfig `json:"config,omitempty"`
	Needs    map[string]int   `json:"needs,omitempty"`
}

// LifeSpan is a duration, written as Go does or as a number of nanoseconds.
type LifeSpan time.Duration

// UnmarshalJSON implements json.Unmarshaler.
func (l *LifeSpan) UnmarshalJSON(data []byte) error {
	if number, err := strconv.ParseInt(string(data), 10, 64); err == nil {
		*l = LifeSpan(number)
		return nil
	}
	text, err := strconv.Unquote(string(data))
	if err != nil {
		return fmt.Errorf("lifespan: want a duration such as \"1h30m\" or a number of nanoseconds (found %s)", data)
	}
	duration, err := time.ParseDuration(text)
	*l = LifeSpan(duration)
	return err
}

// dynamic says whether resources are made by number.
func (e *Entry) dynamic() bool { return len(e.Names) == 0 }

// Bounds of a configuration.
const (
	// MaxConfig is how many bytes it has at most.
	MaxConfig = 16 << 20

	maxTypes   = 10_000
	maxNames   = 100_000
	maxCount   = 100_000
	maxContent = 512 << 10 // of what Mason is told, which stands in an object
)

// ParseConfig reads a configuration, and says all that is wrong with it.
func ParseConfig(content []byte) (*Config, error) {
	if len(content) > MaxConfig {
		return nil, fmt.Errorf("read the lease configuration: it is too large (found %d bytes, at most %d)", len(content), MaxConfig)
	}
	config := new(Config)
	if err := Decode(content, config); err != nil {
		return nil, fmt.Errorf("read the lease configuration: %w", err)
	}
	if err := config.Validate(); err != nil {
		return nil, err
	}
	return config, nil
}

// Validate gives all that is wrong with a configuration, with Boskos's rules.
func (c *Config) Validate() error {
	check := &configCheck{types: map[string]bool{}, names: map[string]string{}, supply: map[string]int{}, demand: map[string]int{}}
	if len(c.Resources) == 0 {
		check.reportf("resources: there are none; that would be the end of all leases")
	}
	if len(c.Resources) > maxTypes {
		check.reportf("resources: too many types (found %d, at most %d)", len(c.Resources), maxTypes)
	}
	if total := c.names(); total > maxNames {
		check.reportf("resources: too many names (found %d, at most %d)", total, maxNames)
	}
	for i := range c.Resources {
		check.entry(fmt.Sprintf("resources[%d]", i), &c.Resources[i])
	}
	for _, need := range slices.Sorted(maps.Keys(check.demand)) {
		if found, ok := check.supply[need]; !ok {
			check.reportf("resources: there is a need for type %q, which does not exist", need)
		} else if found < check.demand[need] {
			check.reportf("resources: there are needs for %d of type %q, of which there are %d", check.demand[need], need, found)
		}
	}
	return errors.Join(check.errs...)
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
	errs           []error
}

func (c *configCheck) reportf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *configCheck) text(path, text string) {
	if err := CheckText(path, text); err != nil {
		c.errs = append(c.errs, err)
	}
}

func (c *configCheck) entry(path string, e *Entry) {
	switch {
	case e.Type == "":
		c.reportf("%s.type: must be set", path)
	case c.types[e.Type]:
		c.reportf("%s.type: %q was declared before", path, e.Type)
	case e.dynamic() && len(validation.IsDNS1123Subdomain(e.Type)) > 0:
		c.reportf("%s.type: a dynamic type is the name of an object (found %q): %s", path, e.Type, validation.IsDNS1123Subdomain(e.Type)[0])
	}
	c.types[e.Type] = true
	c.text(path+".type", e.Type)
	c.text(path+".state", e.State)
	if e.dynamic() {
		c.dynamic(path, e)
		return
	}
	if e.MinCount != 0 || e.MaxCount != 0 {
		c.reportf("%s: names and counts exclude each other", path)
	}
	c.supply[e.Type] += len(e.Names)
	for i, name := range e.Names {
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			c.reportf("%s.names[%d]: not the name of an object (found %q): %s", path, i, name, problems[0])
		}
		if other, ok := c.names[name]; ok {
			c.reportf("%s.names[%d]: %q is a resource of type %q already", path, i, name, other)
		}
		c.names[name] = e.Type
	}
}

func (c *configCheck) dynamic(path string, e *Entry) {
	switch {
	case e.MaxCount <= 0:
		c.reportf("%s.max-count: must be above 0 (found %d)", path, e.MaxCount)
	case e.MaxCount > maxCount:
		c.reportf("%s.max-count: too many (found %d, at most %d)", path, e.MaxCount, maxCount)
	case e.MinCount < 0 || e.MinCount > e.MaxCount:
		c.reportf("%s.min-count: must be from 0 to max-count (found %d)", path, e.MinCount)
	}
	if e.LifeSpan != nil && *e.LifeSpan < 0 {
		c.reportf("%s.lifespan: must not be negative (found %s)", path, time.Duration(*e.LifeSpan))
	}
	if e.Config != nil && len(e.Config.Content) > maxContent {
		c.reportf("%s.config.content: too long (found %d bytes, at most %d)", path, len(e.Config.Content), maxContent)
	}
	c.supply[e.Type] += e.MaxCount
	for _, need := range slices.Sorted(maps.Keys(e.Needs)) {
		count := e.Needs[need]
		if count < 1 || count > maxCount {
			c.reportf("%s.needs[%q]: must be from 1 to %d (found %d)", path, need, maxCount, count)
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
