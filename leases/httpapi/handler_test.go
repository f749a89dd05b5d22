package httpapi_test

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// answer is what a client sees.
type answer struct {
	Status int
	Type   string
	Body   string
}

const (
	text = "text/plain; charset=utf-8"
	js   = "application/json"
)

// stamps are times that no test can know.
var stamps = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"`)

func ask(t *testing.T, method, address, body string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header.Get("Content-Type"), stamps.ReplaceAllString(string(content), `"TIME"`)}
}

// old is a resource that was last heard of long ago.
func old(name, leaseType, state, owner string) leases.Resource {
	return leases.Resource{Name: name, Type: leaseType, State: state, Owner: owner, LastUpdate: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// TestAnswers holds each answer to what Boskos of 2025-09 gives, which its own
// client and people's scripts read.
func TestAnswers(t *testing.T) {
	cases := map[string]struct {
		stored []leases.Resource
		method string
		query  string
		body   string
		want   answer
	}{
		"root":                    {method: "GET", query: "/", want: answer{200, "", ""}},
		"unknown":                 {method: "PUT", query: "/no/such/thing", want: answer{200, "", ""}},
		"acquire: method":         {method: "GET", query: "/acquire?type=t&state=s&dest=d&owner=o", want: answer{405, text, "Method GET, /acquire only accepts POST.\n"}},
		"acquire: nothing":        {query: "/acquire", want: answer{400, text, "Bad request: Type: , state: , dest: , owner: , all of them must be set in the request.\n"}},
		"acquire: no type":        {query: "/acquire?state=s&dest=d&owner=o", want: answer{400, text, "Bad request: Type: , state: s, dest: d, owner: o, all of them must be set in the request.\n"}},
		"acquire: no state":       {query: "/acquire?type=t&dest=d&owner=o", want: answer{400, text, "Bad request: Type: t, state: , dest: d, owner: o, all of them must be set in the request.\n"}},
		"acquire: no dest":        {query: "/acquire?type=t&state=s&owner=o", want: answer{400, text, "Bad request: Type: t, state: s, dest: , owner: o, all of them must be set in the request.\n"}},
		"acquire: no owner":       {query: "/acquire?type=t&state=s&dest=d", want: answer{400, text, "Bad request: Type: t, state: s, dest: d, owner: , all of them must be set in the request.\n"}},
		"acquire: bad wait":       {query: "/acquire?type=t&state=s&dest=d&owner=o&wait=long", want: answer{400, text, "Bad request: wait: want a duration such as 5m (found \"long\")\n"}},
		"acquire: too long":       {query: "/acquire?type=t&state=s&dest=d&owner=" + strings.Repeat("o", 300), want: answer{400, text, "owner is too long (found 300 bytes, at most 253)\n"}},
		"acquire: no text":        {query: "/acquire?type=t&state=s&dest=d&owner=o%00", want: answer{400, text, "owner has characters that are no text\n"}},
		"acquire: no resources":   {query: "/acquire?type=t&state=s&dest=d&owner=o", want: answer{404, text, "Acquire failed: resource type \"t\" does not exist\n"}},
		"acquire: other type":     {stored: []leases.Resource{old("res", "wrong", "s", "")}, query: "/acquire?type=t&state=s&dest=d&owner=o", want: answer{404, text, "Acquire failed: resource type \"t\" does not exist\n"}},
		"acquire: other state":    {stored: []leases.Resource{old("res", "t", "wrong", "")}, query: "/acquire?type=t&state=s&dest=d&owner=o", want: answer{404, text, "Acquire failed: no available resource t, try again later.\n"}},
		"acquire: busy":           {stored: []leases.Resource{old("res", "t", "s", "user")}, query: "/acquire?type=t&state=s&dest=d&owner=o", want: answer{404, text, "Acquire failed: no available resource t, try again later.\n"}},
		"acquire: busy, with id":  {stored: []leases.Resource{old("res", "t", "s", "user")}, query: "/acquire?type=t&state=s&dest=d&owner=o&request_id=1", want: answer{404, text, "Acquire failed: no available resource t, try again later.\n"}},
		"acquire":                 {stored: []leases.Resource{old("res", "t", "s", "")}, query: "/acquire?type=t&state=s&dest=d&owner=o", want: answer{200, text, `{"type":"t","name":"res","state":"d","owner":"o","lastupdate":"TIME","userdata":{}}`}},
		"acquire: with id":        {stored: []leases.Resource{old("res", "t", "s", "")}, query: "/acquire?type=t&state=s&dest=d&owner=o&request_id=1", want: answer{200, text, `{"type":"t","name":"res","state":"d","owner":"o","lastupdate":"TIME","userdata":{}}`}},
		"acquire: with data":      {stored: []leases.Resource{{Name: "res", Type: "t", State: "s", UserData: map[string]string{"b": "2", "a": "<1>"}, Expires: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)}}, query: "/acquire?type=t&state=s&dest=d&owner=o", want: answer{200, text, `{"type":"t","name":"res","state":"d","owner":"o","lastupdate":"TIME","userdata":{"a":"\u003c1\u003e","b":"2"},"expiration-date":"TIME"}`}},
		"acquire: least recently": {stored: []leases.Resource{{Name: "a", Type: "t", State: "s", LastUpdate: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}, old("b", "t", "s", "")}, query: "/acquire?type=t&state=s&dest=d&owner=o", want: answer{200, text, `{"type":"t","name":"b","state":"d","owner":"o","lastupdate":"TIME","userdata":{}}`}},
		"acquirebystate: method":  {method: "GET", query: "/acquirebystate", want: answer{405, text, "Method GET, /acquire only accepts POST.\n"}},
		"acquirebystate: nothing": {query: "/acquirebystate", want: answer{400, text, "state: , dest: , owner: , names:  - all of them must be set in the request.\n"}},
		"acquirebystate: unknown": {query: "/acquirebystate?state=s&dest=d&owner=o&names=a,b", want: answer{404, text, "AcquireByState: no available resource s, try again later.\n"}},
		"acquirebystate":          {stored: []leases.Resource{old("a", "t", "s", ""), old("b", "u", "s", "")}, query: "/acquirebystate?state=s&dest=d&owner=o&names=b,a", want: answer{200, text, `[{"type":"u","name":"b","state":"d","owner":"o","lastupdate":"TIME","userdata":{}},{"type":"t","name":"a","state":"d","owner":"o","lastupdate":"TIME","userdata":{}}]` + "\n"}},
		"release: method":         {method: "GET", query: "/release", want: answer{405, text, "Method GET, /release only accepts POST.\n"}},
		"release: nothing":        {query: "/release", want: answer{400, text, "Name: , dest: , owner: , all of them must be set in the request.\n"}},
		"release: no name":        {query: "/release?dest=d&owner=o", want: answer{400, text, "Name: , dest: d, owner: o, all of them must be set in the request.\n"}},
		"release: no dest":        {query: "/release?name=res&owner=o", want: answer{400, text, "Name: res, dest: , owner: o, all of them must be set in the request.\n"}},
		"release: no owner":       {query: "/release?name=res&dest=d", want: answer{400, text, "Name: res, dest: d, owner: , all of them must be set in the request.\n"}},
		"release: unknown":        {query: "/release?name=res&dest=d&owner=o", want: answer{404, text, "Done failed: res - d (from o): no available resource res, try again later.\n"}},
		"release: wrong owner":    {stored: []leases.Resource{old("res", "t", "s", "merlin")}, query: "/release?name=res&dest=d&owner=o", want: answer{401, text, "Done failed: res - d (from o): owner mismatch request by o, currently owned by merlin\n"}},
		"release: nobody's":       {stored: []leases.Resource{old("res", "t", "s", "")}, query: "/release?name=res&dest=d&owner=o", want: answer{401, text, "Done failed: res - d (from o): owner mismatch request by o, currently owned by \n"}},
		"release":                 {stored: []leases.Resource{old("res", "t", "s", "merlin")}, query: "/release?name=res&dest=d&owner=merlin", want: answer{200, "", ""}},
		"reset: method":           {method: "GET", query: "/reset", want: answer{405, text, "Method GET, /reset only accepts POST.\n"}},
		"reset: nothing":          {query: "/reset", want: answer{400, text, "Type: , state: , expire: , dest: , all of them must be set in the request.\n"}},
		"reset: no type":          {query: "/reset?state=s&expire=10m&dest=d", want: answer{400, text, "Type: , state: s, expire: 10m, dest: d, all of them must be set in the request.\n"}},
		"reset: no state":         {query: "/reset?type=t&expire=10m&dest=d", want: answer{400, text, "Type: t, state: , expire: 10m, dest: d, all of them must be set in the request.\n"}},
		"reset: no expire":        {query: "/reset?type=t&state=s&dest=d", want: answer{400, text, "Type: t, state: s, expire: , dest: d, all of them must be set in the request.\n"}},
		"reset: no dest":          {query: "/reset?type=t&state=s&expire=10m", want: answer{400, text, "Type: t, state: s, expire: 10m, dest: , all of them must be set in the request.\n"}},
		"reset: bad expire":       {query: "/reset?type=t&state=s&expire=woooo&dest=d", want: answer{400, text, "time: invalid duration \"woooo\"\n"}},
		"reset: nothing to do":    {query: "/reset?type=t&state=s&expire=10m&dest=d", want: answer{200, text, "{}"}},
		"reset: nobody's":         {stored: []leases.Resource{old("res", "t", "s", "")}, query: "/reset?type=t&state=s&expire=10m&dest=d", want: answer{200, text, "{}"}},
		"reset: other state":      {stored: []leases.Resource{old("res", "t", "wrong", "user")}, query: "/reset?type=t&state=s&expire=10m&dest=d", want: answer{200, text, "{}"}},
		"reset: other type":       {stored: []leases.Resource{old("res", "wrong", "s", "user")}, query: "/reset?type=t&state=s&expire=10m&dest=d", want: answer{200, text, "{}"}},
		"reset: not yet":          {stored: []leases.Resource{{Name: "res", Type: "t", State: "s", Owner: "user", LastUpdate: time.Now()}}, query: "/reset?type=t&state=s&expire=10m&dest=d", want: answer{200, text, "{}"}},
		"reset":                   {stored: []leases.Resource{old("res", "t", "s", "user")}, query: "/reset?type=t&state=s&expire=10m&dest=d", want: answer{200, text, `{"res":"user"}`}},
		"update: method":          {method: "GET", query: "/update", want: answer{405, text, "Method GET, /update only accepts POST.\n"}},
		"update: nothing":         {query: "/update", want: answer{400, text, "Name: , owner: , state : , all of them must be set in the request.\n"}},
		"update: no name":         {query: "/update?state=s&owner=merlin", want: answer{400, text, "Name: , owner: merlin, state : s, all of them must be set in the request.\n"}},
		"update: no owner":        {query: "/update?name=res&state=s", want: answer{400, text, "Name: res, owner: , state : s, all of them must be set in the request.\n"}},
		"update: no state":        {query: "/update?name=res&owner=merlin", want: answer{400, text, "Name: res, owner: merlin, state : , all of them must be set in the request.\n"}},
		"update: unknown":         {query: "/update?name=res&state=s&owner=merlin", want: answer{404, text, "Update failed: res - s (merlin): no available resource res, try again later.\n"}},
		"update: wrong owner":     {stored: []leases.Resource{old("res", "t", "s", "evil")}, query: "/update?name=res&state=s&owner=merlin", want: answer{401, text, "Update failed: res - s (merlin): owner mismatch request by merlin, currently owned by evil\n"}},
		"update: wrong state":     {stored: []leases.Resource{old("res", "t", "now", "merlin")}, query: "/update?name=res&state=asked&owner=merlin", want: answer{409, text, "Update failed: res - asked (merlin): state mismatch - expected now, current asked\n"}},
		"update: bad data":        {stored: []leases.Resource{old("res", "t", "s", "merlin")}, query: "/update?name=res&state=s&owner=merlin", body: "bad", want: answer{400, text, "invalid character 'b' looking for beginning of value\n"}},
		"update: too much data":   {stored: []leases.Resource{old("res", "t", "s", "merlin")}, query: "/update?name=res&state=s&owner=merlin", body: `{"a":"` + strings.Repeat("x", 300<<10) + `"}`, want: answer{400, text, "http: request body too large\n"}},
		"update":                  {stored: []leases.Resource{old("res", "t", "s", "merlin")}, query: "/update?name=res&state=s&owner=merlin", want: answer{200, "", ""}},
		"metric: method":          {method: "POST", query: "/metric", want: answer{405, text, "/metric only accepts GET\n"}},
		"metric: nothing":         {method: "GET", query: "/metric", want: answer{400, text, "Type must be set in the request.\n"}},
		"metric: unknown":         {method: "GET", query: "/metric?type=t", want: answer{404, text, "no available resource t, try again later.\n"}},
		"metric: other type":      {stored: []leases.Resource{old("res", "wrong", "s", "evil")}, method: "GET", query: "/metric?type=t", want: answer{404, text, "no available resource t, try again later.\n"}},
		"metric":                  {stored: []leases.Resource{old("res", "t", "s", "merlin")}, method: "GET", query: "/metric?type=t", want: answer{200, js, `{"type":"t","current":{"s":1},"owner":{"merlin":1}}`}},
		"metric: several":         {stored: []leases.Resource{old("a", "t", "s", "merlin"), old("b", "t", "p", "pony"), old("c", "t", "s", "pony"), old("d", "u", "s", "")}, method: "GET", query: "/metric?type=t", want: answer{200, js, `{"type":"t","current":{"p":1,"s":2},"owner":{"merlin":1,"pony":2}}`}},
		"leases: of a type":       {stored: []leases.Resource{old("a", "t", "free", "")}, method: "GET", query: "/leases?type=t", want: answer{200, js, `{"types":[{"type":"t","limit":-1,"total":1,"held":0,"free":1,"line":0,"states":{"free":1},"resources":[{"name":"a","state":"free","lastUpdate":"TIME"}]}]}`}},
		"readyz":                  {method: "GET", query: "/readyz", want: answer{200, "", ""}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testleases.Start(t, &cluster, testleases.Options{Content: leases.Content{Resources: tc.stored}})
			method := tc.method
			if method == "" {
				method = http.MethodPost
			}
			if diff := cmp.Diff(tc.want, ask(t, method, s.URL+tc.query, tc.body)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
