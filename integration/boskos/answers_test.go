package boskos

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/boskos/crds"
	"sigs.k8s.io/boskos/handlers"
	"sigs.k8s.io/boskos/ranch"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"
)

// asked is a case of the file that says what clients are answered.
type asked struct {
	Name   string   `json:"name"`
	Stored []stored `json:"stored"`
	Ask    string   `json:"ask"`
	Data   string   `json:"data"`
	Status int      `json:"status"`
	Type   string   `json:"type"`
	Body   string   `json:"body"`
}

type stored struct {
	Name    string            `json:"name"`
	Type    string            `json:"type"`
	State   string            `json:"state"`
	Owner   string            `json:"owner"`
	Updated *metav1.Time      `json:"updated"`
	Expires *metav1.Time      `json:"expires"`
	Data    map[string]string `json:"data"`
}

func (s *stored) object() *crds.ResourceObject {
	o := &crds.ResourceObject{ObjectMeta: metav1.ObjectMeta{Name: s.Name, Namespace: "boskos"}, Spec: crds.ResourceSpec{Type: s.Type}}
	o.Status = crds.ResourceStatus{State: s.State, Owner: s.Owner, LastUpdate: metav1.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ExpirationDate: s.Expires, UserData: s.Data}
	if s.Updated != nil {
		o.Status.LastUpdate = *s.Updated
	}
	return o
}

// TestBoskosAnswersSo asks Boskos's own handlers what our tests ask our server:
// the file of answers says what Boskos says, to the byte.
func TestBoskosAnswersSo(t *testing.T) {
	logrus.SetOutput(io.Discard)
	content, err := os.ReadFile(filepath.Join("..", "..", "leases", "httpapi", "testdata", "answers.yaml"))
	check(t, err)
	var cases []asked
	check(t, yaml.UnmarshalStrict(content, &cases))
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	times := regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)"`)
	for _, tc := range cases {
		t.Run(tc.Name, func(t *testing.T) {
			var objects []runtime.Object
			for i := range tc.Stored {
				objects = append(objects, tc.Stored[i].object())
			}
			r, err := ranch.NewRanch("", ranch.NewStorage(t.Context(), fake.NewClientBuilder().WithRuntimeObjects(objects...).Build(), "boskos"), time.Minute)
			check(t, err)
			method, query, _ := strings.Cut(tc.Ask, " ")
			recorder := httptest.NewRecorder()
			handlers.NewBoskosHandler(r).ServeHTTP(recorder, httptest.NewRequest(method, query, strings.NewReader(tc.Data)))
			body := times.ReplaceAllString(recorder.Body.String(), `"TIME"`)
			kind := tc.Type
			if kind == "" && tc.Body != "" {
				kind = "text/plain; charset=utf-8"
			}
			if got := recorder.Result().Header.Get("Content-Type"); recorder.Code != tc.Status || got != kind || body != tc.Body {
				t.Errorf("Boskos answers %d %q %q, the file says %d %q %q", recorder.Code, got, body, tc.Status, kind, tc.Body)
			}
		})
	}
}
