package web

import (
	"path"
	"strings"
)

type sourceView struct {
	Path, Text, Language string
}

// sourcePage shows a file of the repository: one that says what is in force, and
// no other.
func sourcePage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	file := r.PathValue("path")
	if !v.shows(file) {
		return nil, NotFound("There is no page of the file %s.", file)
	}
	content, err := v.Repo.Read(file)
	if err != nil {
		return nil, NotFound("The revision in force has no file %s.", file)
	}
	text := strings.ToValidUTF8(string(content), "\uFFFD")
	return &answer{page: "source", title: path.Base(file), data: sourceView{file, text, languageOf(file)}}, nil
}

// shows says whether a file is one of those that pages refer to.
func (v *view) shows(file string) bool {
	layout := v.Repo.Layout
	if path.Clean(file) != file || strings.HasPrefix(file, "/") || strings.HasPrefix(file, "..") {
		return false
	}
	switch file {
	case v.Repo.Settings.Path, layout.Quotas, v.Repo.Profiles.Path:
		return true
	}
	return strings.HasPrefix(file, layout.Config+"/") || strings.HasPrefix(file, layout.Registry+"/")
}

func languageOf(file string) string {
	switch path.Ext(file) {
	case ".yaml", ".json":
		return "yaml"
	case ".sh", ".bash", "":
		return "shell"
	default:
		return ""
	}
}
