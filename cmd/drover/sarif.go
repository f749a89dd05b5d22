package main

import (
	"cmp"
	"encoding/json"
	"net/url"

	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// The parts of a SARIF 2.1.0 log that a check has.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string      `json:"id"`
		ShortDescription     sarifText   `json:"shortDescription"`
		FullDescription      sarifText   `json:"fullDescription"`
		Help                 sarifText   `json:"help"`
		HelpURI              string      `json:"helpUri"`
		DefaultConfiguration sarifConfig `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifResult struct {
		RuleID           string          `json:"ruleId"`
		Level            string          `json:"level"`
		Message          sarifText       `json:"message"`
		Locations        []sarifLocation `json:"locations"`
		RelatedLocations []sarifLocation `json:"relatedLocations,omitempty"`
	}
	sarifLocation struct {
		// ID and Message are those of related places, which code hosts show by them.
		ID               int            `json:"id,omitempty"`
		Message          *sarifText     `json:"message,omitempty"`
		PhysicalLocation sarifPhysical  `json:"physicalLocation"`
		LogicalLocations []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

// home is where the project is.
const home = "https://github.com/drover-ci/drover"

// printSARIF prints the form that code hosts and editors read.
func (r report) printSARIF(out *console) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "drover", Version: version(), InformationURI: home, Rules: []sarifRule{}}
	for _, rule := range rules.Table() {
		level := schema.Error
		if rule.Severity != "" {
			level = rule.Severity
		}
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.ID, ShortDescription: sarifText{rule.Title}, FullDescription: sarifText{rule.Title}, Help: sarifText{rule.Why},
			HelpURI:              home + "/blob/main/docs/rules.md#" + rule.ID,
			DefaultConfiguration: sarifConfig{string(level)},
		})
	}
	for _, p := range r.Problems {
		result := sarifResult{
			RuleID: p.Rule, Level: string(p.Severity), Message: sarifText{p.Message},
			Locations: []sarifLocation{sarifAt(schema.Place{File: p.File, Line: p.Line, Column: p.Column, Path: p.Path})},
		}
		for i, related := range p.Related {
			place := sarifAt(related)
			place.ID, place.Message = i+1, &sarifText{cmp.Or(related.What, related.Path, related.File)}
			result.RelatedLocations = append(result.RelatedLocations, place)
		}
		run.Results = append(run.Results, result)
	}
	encoder := json.NewEncoder(out.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func sarifAt(place schema.Place) sarifLocation {
	file := url.URL{Path: place.File}
	location := sarifLocation{PhysicalLocation: sarifPhysical{ArtifactLocation: sarifArtifact{file.String()}}}
	if place.Line > 0 {
		location.PhysicalLocation.Region = &sarifRegion{StartLine: place.Line, StartColumn: max(place.Column, 1)}
	}
	if place.Path != "" {
		location.LogicalLocations = []sarifLogical{{place.Path}}
	}
	return location
}
