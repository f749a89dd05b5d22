package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/drover-ci/drover/leases"
)

// maxNames is how many resources may be asked for by name at once.
const maxNames = 1000

// typeName is what parameters and metrics call the type of a resource.
const typeName = "type"

// call is one request.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	query url.Values
	// user is who calls; nil where everybody is believed.
	user *User
}

func (c *call) get(name string) string { return c.query.Get(name) }

// checkQuery refuses what no honest client sends. Parameters that are not known
// are let be, as in Boskos.
func (c *call) checkQuery() error {
	for _, name := range []string{typeName, "state", "dest", "owner", "request_id", "name", "expire", "wait"} {
		if err := leases.CheckText(name, c.get(name)); err != nil {
			return err
		}
	}
	return nil
}

func splitNames(names string) ([]string, error) {
	list := strings.Split(names, ",")
	if len(list) > maxNames {
		return nil, fmt.Errorf("names has too many (found %d, at most %d)", len(list), maxNames)
	}
	for _, name := range list {
		if err := leases.CheckText("names", name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// wait is how long the client is ready to wait; longer than the most that is
// possible is that.
func (c *call) wait() (time.Duration, error) {
	text := c.get("wait")
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 {
		return 0, fmt.Errorf("wait: want a duration such as 5m (found %q)", text)
	}
	return min(wait, maxWait), nil
}

// mayActFor answers the request where its user may not act for an owner.
func (c *call) mayActFor(owner string) bool {
	if c.user == nil || c.user.mayActFor(owner) {
		return true
	}
	c.failf(http.StatusForbidden, "user %s may not act for owner %s", c.user.Name, owner)
	return false
}

func (c *call) failf(status int, format string, args ...any) {
	http.Error(c.w, fmt.Sprintf(format, args...), status)
}

// refuse answers with what was tried and why it was not done.
func (c *call) refuse(act string, err error) { c.failf(statusOf(err), "%s: %s", act, err) }

func (c *call) json(value any) {
	body, err := json.Marshal(value)
	if err != nil {
		c.failf(http.StatusInternalServerError, "%s", err)
		return
	}
	c.w.Header().Set("Content-Type", "application/json")
	_, _ = c.w.Write(body)
}
