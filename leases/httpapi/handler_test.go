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
	"sigs.k8s.io/yaml"

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

// asked is a case of testdata/answers.yaml.
type asked struct {
	Name   string   `json:"name"`
	Stored []stored `json:"stored"`
	// Ask is a method, and a path with its query.
	Ask    string `json:"ask"`
	Data   string `json:"data"`
	Status int    `json:"status"`
	Type   string `json:"type"`
	Body   string `json:"body"`
}

// stored is a resource as a case has it.
type stored struct {
	Name    string            `json:"name"`
	Type    string            `json:"type"`
	State   string            `json:"state"`
	Owner   string            `json:"owner"`
	Updated time.Time         `json:"updated"`
	Expires time.Time         `json:"expires"`
	Data    map[string]string `json:"data"`
}

func (s *stored) resource() leases.Resource {
	r := old(s.Name, s.Type, s.State, s.Owner)
	if !s.Updated.IsZero() {
		r.LastUpdate = s.Updated
	}
	r.UserData, r.Expires = s.Data, s.Expires
	return r
}

// want is the answer that a client is to see.
func (a *asked) want() answer {
	kind := a.Type
	if kind == "" && a.Body != "" {
		kind = text
	}
	return answer{a.Status, kind, a.Body}
}

// TestAnswers holds each answer to what Boskos gives, which its own client and
// people's scripts read.
func TestAnswers(t *testing.T) {
	content, err := os.ReadFile("testdata/answers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases []asked
	if err := yaml.UnmarshalStrict(content, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, tc := range cases {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			var content leases.Content
			for _, each := range tc.Stored {
				content.Resources = append(content.Resources, each.resource())
			}
			s := testleases.Start(t, &cluster, testleases.Options{Content: content})
			method, query, _ := strings.Cut(tc.Ask, " ")
			if diff := cmp.Diff(tc.want(), ask(t, method, s.URL+query, tc.Data)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
