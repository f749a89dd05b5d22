package schema

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a length of time. In files it is text such as "90m"; a bare
// number means nanoseconds, as Prow's decoder reads it. It is always written
// in Go's canonical form ("1h30m0s").
type Duration time.Duration

// ParseDuration reads Go's form of a duration.
func ParseDuration(s string) (Duration, error) {
	d, err := time.ParseDuration(s)
	return Duration(d), err
}

// String is the canonical form.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes the canonical form as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads text in Go's form, or a number of nanoseconds.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var number int64
	if json.Unmarshal(data, &number) == nil {
		*d = Duration(number)
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("duration %s: want text such as \"90m\"", data)
	}
	parsed, err := ParseDuration(text)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
