package web

import (
	"encoding/json"
	"net/http"
)

// How many hits of a kind are shown on the page, and while one types.
const (
	mostHits    = 50
	mostSuggest = 6
)

type searchView struct {
	Query string
	Found []hits
	// Size is how many things were searched.
	Size int
}

// searchPage shows what a query finds. Today's address asks for jobs alone.
func searchPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	query, job := r.param("q"), r.param("job")
	if query == "" {
		query = job
	}
	found := v.search(query, mostHits)
	if job != "" && r.param("q") == "" {
		found = onlyJobs(found)
	}
	return &answer{page: "search", title: "Search", data: searchView{query, found, v.index().size()}}, nil
}

func onlyJobs(found []hits) []hits {
	for _, group := range found {
		if group.Kind == hitJob.String() {
			return []hits{group}
		}
	}
	return nil
}

// suggestion is the answer to what has been typed so far.
type suggestion struct {
	Groups []suggestedGroup `json:"groups"`
}

type suggestedGroup struct {
	Kind  string `json:"kind"`
	Total int    `json:"total"`
	Hits  []hit  `json:"hits"`
}

// suggest answers as somebody types.
func (s *Site) suggest(w http.ResponseWriter, r *http.Request) {
	v := s.currentView()
	if v == nil {
		http.Error(w, errNothingInForce.Error(), http.StatusServiceUnavailable)
		return
	}
	asked := request{Request: r, query: r.URL.Query()}
	query := asked.param("q")
	if asked.wrong != nil {
		http.Error(w, asked.wrong.message, http.StatusBadRequest)
		return
	}
	result := suggestion{Groups: []suggestedGroup{}}
	for _, group := range v.search(query, mostSuggest) {
		result.Groups = append(result.Groups, group.suggested())
	}
	text, err := json.Marshal(result)
	if err != nil {
		http.Error(w, "The answer could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	writeCompressed(w, r, http.StatusOK, text)
}

func (h hits) suggested() suggestedGroup { return suggestedGroup{h.Kind, h.Total, h.Hits} }
