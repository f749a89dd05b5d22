package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
)

// TestHostileRequests: whatever is sent, one clear answer comes back, and
// nothing changes for those who are honest.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	const acquire = "/acquire?state=s&dest=d&owner=o&type="
	const update = "/update?name=held&state=s&owner=merlin"
	const unset = "Bad request: Type: , state: s, dest: d, owner: o, all of them must be set in the request.\n"
	const noType = "Acquire failed: resource type \"none\" does not exist\n"
	long := strings.Repeat("x", leases.MaxText+1)
	tooLong := func(what string) string { return what + " is too long (found 254 bytes, at most 253)\n" }
	cases := map[string]struct {
		ask, data string
		status    int
		body      string
	}{
		"long type":       {ask: "POST " + acquire + long, status: 400, body: tooLong("type")},
		"long state":      {ask: "POST /acquire?type=t&dest=d&owner=o&state=" + long, status: 400, body: tooLong("state")},
		"long dest":       {ask: "POST /release?name=held&owner=merlin&dest=" + long, status: 400, body: tooLong("dest")},
		"long owner":      {ask: "POST /update?name=held&state=s&owner=" + long, status: 400, body: tooLong("owner")},
		"long name":       {ask: "POST /release?dest=d&owner=o&name=" + long, status: 400, body: tooLong("name")},
		"long request id": {ask: "POST " + acquire + "t&request_id=" + long, status: 400, body: tooLong("request_id")},
		"long expire":     {ask: "POST /reset?type=t&state=s&dest=d&expire=" + long, status: 400, body: tooLong("expire")},
		"long metric":     {ask: "GET /metric?type=" + long, status: 400, body: tooLong("type")},
		"long as can be":  {ask: "POST " + acquire + long[1:], status: 404, body: "Acquire failed: resource type \"" + long[1:] + "\" does not exist\n"},

		"zero byte":  {ask: "POST " + acquire + "a%00", status: 400, body: "type has characters that are no text\n"},
		"new line":   {ask: "POST " + acquire + "a%0d%0aSet-Cookie:%20a", status: 400, body: "type has characters that are no text\n"},
		"no UTF-8":   {ask: "POST " + acquire + "%ff", status: 400, body: "type has characters that are no text\n"},
		"no escape":  {ask: "POST " + acquire + "%zz", status: 400, body: unset},
		"semicolons": {ask: "POST " + acquire + "a;b=c", status: 400, body: unset},
		"markup":     {ask: "POST " + acquire + "<script>", status: 404, body: "Acquire failed: resource type \"<script>\" does not exist\n"},

		"many parameters":     {ask: "POST " + acquire + "none" + strings.Repeat("&x=1", 5000), status: 404, body: noType},
		"too many parameters": {ask: "POST " + acquire + "none" + strings.Repeat("&x=1", 20_000), status: 400, body: strings.Replace(unset, "state: s, dest: d, owner: o", "state: , dest: , owner: ", 1)},
		"twice the same":      {ask: "POST " + acquire + "none&type=t", status: 404, body: noType},
		"many names":          {ask: "POST /acquirebystate?state=s&dest=d&owner=o&names=a" + strings.Repeat(",a", 1000), status: 400, body: "names has too many (found 1001, at most 1000)\n"},
		"long name of many":   {ask: "POST /acquirebystate?state=s&dest=d&owner=o&names=a," + long, status: 400, body: tooLong("names")},
		"names of nothing":    {ask: "POST /acquirebystate?state=s&dest=d&owner=o&names=,,,", status: 404, body: "AcquireByState: no available resource s, try again later.\n"},

		"wait for ever":    {ask: "POST " + acquire + "t&wait=9999999999h", status: 400, body: "Bad request: wait: want a duration such as 5m (found \"9999999999h\")\n"},
		"wait backwards":   {ask: "POST " + acquire + "t&wait=-5m", status: 400, body: "Bad request: wait: want a duration such as 5m (found \"-5m\")\n"},
		"wait for what":    {ask: "POST " + acquire + "t&wait=5", status: 400, body: "Bad request: wait: want a duration such as 5m (found \"5\")\n"},
		"reset of all":     {ask: "POST /reset?type=t&state=s&dest=d&expire=-1m", status: 400, body: "expire must not be negative (found -1m)\n"},
		"reset in an age":  {ask: "POST /reset?type=t&state=s&dest=d&expire=9999999999h", status: 400, body: "time: invalid duration \"9999999999h\"\n"},
		"method":           {ask: "DELETE /release?name=held&dest=d&owner=merlin", status: 405, body: "Method DELETE, /release only accepts POST.\n"},
		"method of no one": {ask: "BREW " + acquire + "t", status: 405, body: "Method BREW, /acquire only accepts POST.\n"},
		"only the head":    {ask: "HEAD /metric?type=t", status: 405},
		"other case":       {ask: "POST /RELEASE?name=held&dest=d&owner=merlin", status: 200},
		"one slash more":   {ask: "POST /release/?name=held&dest=d&owner=merlin", status: 200},

		"data: too much":  {ask: "POST " + update, data: `{"a":"` + strings.Repeat("x", 300<<10) + `"}`, status: 400, body: "http: request body too large\n"},
		"data: too deep":  {ask: "POST " + update, data: strings.Repeat("[", 100_000), status: 400, body: "invalid character '[' exceeded max depth\n"},
		"data: a list":    {ask: "POST " + update, data: `["a"]`, status: 400, body: "json: cannot unmarshal array into Go value of type map[string]string\n"},
		"data: a number":  {ask: "POST " + update, data: `{"a":1}`, status: 400, body: "json: cannot unmarshal number into Go value of type string\n"},
		"data: cut short": {ask: "POST " + update, data: `{"a":"b"`, status: 400, body: "unexpected EOF\n"},
		"data: more of it": {
			ask: "POST /update?name=full&state=s&owner=merlin", data: `{"b":"` + strings.Repeat("x", 100<<10) + `"}`,
			status: 400, body: "Update failed: full - s (merlin): the user data is too large\n",
		},
	}
	full := old("full", "t", "s", "merlin")
	full.UserData = map[string]string{"a": strings.Repeat("x", 200<<10)}
	s := testleases.Start(t, &cluster, testleases.Options{Content: leases.Content{
		Resources: []leases.Resource{old("held", "t", "s", "merlin"), full, old("idle", "t", "idle", "")},
	}})
	before := s.Stored()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			method, query, _ := strings.Cut(tc.ask, " ")
			got := ask(t, method, s.URL+query, tc.data)
			if got.Status != tc.status || got.Body != tc.body {
				t.Errorf("got %d %.300q, want %d %.300q", got.Status, got.Body, tc.status, tc.body)
			}
		})
	}
	if diff := cmp.Diff(before, s.Stored()); diff != "" {
		t.Errorf("something has changed (-before +after):\n%s", diff)
	}
	if got := ask(t, http.MethodPost, s.URL+"/acquire?type=t&state=idle&dest=d&owner=honest", ""); got.Status != http.StatusOK {
		t.Errorf("an honest client: %+v", got)
	}
}

// TestALineThatIsFull: those who fill it, with texts as long as they may be, are
// told so, and who is in line keeps the place: what is stored of them fits.
func TestALineThatIsFull(t *testing.T) {
	t.Parallel()
	s := testleases.Start(t, &cluster, testleases.Options{Content: leases.Content{Resources: []leases.Resource{old("held", "t", "s", "merlin")}}})
	acquire := func(owner, id string) answer {
		return ask(t, http.MethodPost, s.URL+"/acquire?type=t&state=s&dest=d&owner="+owner+"&request_id="+id, "")
	}
	none := answer{404, text, "Acquire failed: no available resource t, try again later.\n"}
	if got := acquire("honest", "1"); got != none {
		t.Fatalf("the first: %+v", got)
	}
	const crowd = 400
	answers := make(chan answer, crowd)
	for i := range crowd {
		go func() {
			answers <- acquire(strings.Repeat("%3C", leases.MaxText), fmt.Sprintf("%03d%s", i, strings.Repeat("%3C", 250)))
		}()
	}
	full := 0
	for range crowd {
		switch got := <-answers; got {
		case none:
		case answer{503, text, "Acquire failed: too many are waiting in this line\n"}:
			full++
		default:
			t.Fatalf("one of the crowd: %+v", got)
		}
	}
	if full < 10 || full > crowd-100 {
		t.Errorf("%d of %d were told that the line is full", full, crowd)
	}
	s.Pause()
	s.Resume()
	if got := ask(t, http.MethodPost, s.URL+"/release?name=held&dest=s&owner=merlin", ""); got.Status != http.StatusOK {
		t.Fatalf("release: %+v", got)
	}
	if got := acquire("honest", "1"); got.Status != http.StatusOK {
		t.Errorf("the first in line: %+v", got)
	}
}
