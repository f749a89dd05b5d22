package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// config answers with the configuration of a branch.
func config(r *request) (content, error) {
	metadata, err := r.query.metadata()
	if err != nil {
		return nil, err
	}
	resolved, err := r.find(metadata)
	if err != nil {
		return nil, err
	}
	return body(resolved)
}

// find gives the configuration for a branch, resolved.
func (r *request) find(metadata schema.Metadata) (*resolver.Resolved, error) {
	catalog := r.snapshot.Catalog()
	entry, err := catalog.Find(metadata)
	if err != nil {
		return nil, fail(http.StatusNotFound, "failed to get config", "failed to get config: %v", err)
	}
	if len(entry.Findings) > 0 {
		return nil, r.unresolved(entry.Findings)
	}
	return catalog.Resolved(entry), nil
}

func body(resolved *resolver.Resolved) (content, error) {
	body, err := resolved.Body()
	if err != nil {
		return nil, err
	}
	return configBody{body}, nil
}

// resolve answers with the configuration of the request's body, resolved.
func resolve(r *request) (content, error) {
	config, err := readConfig(r.Request)
	if err != nil {
		return nil, err
	}
	return r.resolved(config)
}

// resolved answers with a configuration that is no branch's.
func (r *request) resolved(config *schema.Config) (content, error) {
	resolved, findings := r.snapshot.Catalog().Registry().Resolve(config)
	if len(findings) > 0 {
		return nil, r.unresolved(findings)
	}
	answer, err := resolved.Body()
	switch {
	case err != nil:
		return nil, err
	case answer.Len() > maxAnswer:
		return nil, errAnswerTooLarge
	}
	return configBody{answer}, nil
}

// readConfig reads a configuration leniently, as today's resolver does: the
// clients are of many ages.
func readConfig(r *http.Request) (*schema.Config, error) {
	text, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	switch tooLarge := new(http.MaxBytesError); {
	case errors.As(err, &tooLarge):
		return nil, errBodyTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, errBodyTooSlow
	case err != nil:
		return nil, fail(http.StatusBadRequest, "body cut off", "the request body is cut off: %v", err)
	}
	config := &schema.Config{}
	if err := json.Unmarshal(text, config); err != nil {
		return nil, fail(http.StatusBadRequest, "failed to parse config",
			"Could not parse request body as unresolved config. The reason: %v", err)
	}
	return config, nil
}

// clusterProfile answers with a cluster profile as it is declared.
func clusterProfile(r *request) (content, error) {
	name, err := r.query.required("name")
	if err != nil {
		return nil, err
	}
	profile := r.snapshot.Catalog().Registry().Profile(name)
	if profile == nil {
		return nil, fail(http.StatusNotFound, "failed to get cluster profile", "could not find cluster profile %s", name)
	}
	return jsonDocument(profile)
}

func configGeneration(r *request) (content, error) {
	generation, _ := r.snapshot.Generations()
	return plainText(strconv.FormatUint(generation, 10)), nil
}

func registryGeneration(r *request) (content, error) {
	_, generation := r.snapshot.Generations()
	return plainText(strconv.FormatUint(generation, 10)), nil
}

// empty answers that there is a snapshot.
func empty(*request) (content, error) { return plainText(""), nil }
