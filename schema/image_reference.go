package schema

import "encoding/json"

// MarshalJSON writes namespace, name and tag even where they are empty, because
// today's tools do: their readers may rely on the fields being there.
func (r ImageStreamTagReference) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
		Tag       string `json:"tag"`
		As        string `json:"as,omitempty"`
	}(r))
}
