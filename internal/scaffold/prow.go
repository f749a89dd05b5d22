package scaffold

import (
	"fmt"
	"strings"
)

// plugins are those that a new repository starts with.
const plugins = `    plugins:
    - approve
    - assign
    - blunderbuss
    - hold
    - label
    - lgtm
    - lifecycle
    - override
    - retitle
    - skip
    - trigger
    - verify-owners
    - wip
`

// PluginsPart is a file of Prow's plugins for one repository alone.
func (c *Component) PluginsPart() []byte {
	return fmt.Appendf(nil, `approve:
- repos:
  - %[1]s
  require_self_approval: false
lgtm:
- repos:
  - %[1]s
  review_acts_as_lgtm: true
plugins:
  %[1]s:
%[2]s`, c.Metadata.Component(), plugins)
}

// query is what makes Tide merge pull requests of a repository.
const query = `  - labels:
    - approved
    - lgtm
    missingLabels:
    - do-not-merge/hold
    - do-not-merge/invalid-owners-file
    - do-not-merge/work-in-progress
    - needs-rebase
    repos:
    - %s
`

// ConfigPart is a file of Prow's configuration for one repository alone.
func (c *Component) ConfigPart() []byte {
	return fmt.Appendf(nil, "tide:\n  queries:\n"+query, c.Metadata.Component())
}

// AddToPlugins adds the repository to a file of Prow's plugins for all. It is
// false where the file is not written so that a line can be added.
func (c *Component) AddToPlugins(content []byte) (added []byte, ok bool) {
	const field = "\nplugins:\n"
	text := "\n" + string(content)
	before, after, found := strings.Cut(text, field)
	if !found || !strings.HasPrefix(after, "  ") {
		return nil, false
	}
	return []byte(strings.TrimPrefix(before+field+"  "+c.Metadata.Component()+":\n"+plugins+after, "\n")), true
}
