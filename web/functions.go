package web

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// functions are what templates may call.
func functions() template.FuncMap {
	return template.FuncMap{
		"asset":       assetURL,
		"plural":      plural,
		"number":      number,
		"prose":       prose,
		"firstLine":   firstLine,
		"highlight":   highlight,
		"ago":         ago,
		"stamp":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"day":         func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
		"short":       short,
		"soft":        soft,
		pageComponent: componentURL,
		"config":      configURL,
		tabTest:       testURL,
		"source":      sourceURL,
		"field":       fieldURL,
		"join":        strings.Join,
		"add":         func(a, b int) int { return a + b },
		"more":        func(total, shown int) int { return total - shown },
	}
}

// plural is a number with what it counts: 1 test, 2,345 tests.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		return number(n) + " " + stem + "ies"
	}
	return number(n) + " " + what + "s"
}

// number writes thousands with commas.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

var softBreaks = strings.NewReplacer("/", "/<wbr>", "__", "<wbr>__", "_", "_<wbr>", "@", "<wbr>@") //nolint:gochecknoglobals // a table

// soft is a name or path that may be broken into lines where its parts meet.
func soft(text string) template.HTML {
	escaped := template.HTMLEscapeString(text)
	return template.HTML(softBreaks.Replace(escaped)) //nolint:gosec // all text is escaped
}

func short(hash string) string { return hash[:min(len(hash), 10)] }

// ago is how long ago something was, roughly.
func ago(t time.Time) string {
	switch d := time.Since(t); {
	case t.IsZero():
		return ""
	case d < 10*time.Second:
		return "just now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d seconds ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	default:
		return number(int(d.Hours())/24) + " days ago"
	}
}

// firstLine is the first sentence of a documentation, for lists.
func firstLine(text string) string {
	paragraph, _, _ := strings.Cut(strings.TrimSpace(text), "\n\n")
	line := strings.Join(strings.Fields(paragraph), " ")
	if end := strings.Index(line, ". "); end > 0 {
		line = line[:end+1]
	}
	const most = 160
	if len(line) > most {
		line = line[:most]
		line = line[:max(strings.LastIndexByte(line, ' '), most/2)]
		line = strings.TrimRight(strings.ToValidUTF8(line, ""), " ,") + "…"
	}
	return line
}

// componentURL is the page of a component; empty for what has none.
func componentURL(c resolver.Component) string {
	name := url.PathEscape(c.Name)
	switch c.Kind {
	case resolver.KindStep:
		return "/reference/" + name
	case resolver.KindChain:
		return "/chain/" + name
	case resolver.KindWorkflow:
		return "/workflow/" + name
	case resolver.KindObserver:
		return "/observer/" + name
	case resolver.KindProfile:
		return "/profile/" + name
	case resolver.KindLease:
		return "/quotas/" + name
	case resolver.KindImage:
		return "/users/image/" + name
	case resolver.KindPhase:
		workflow, _ := cutLast(c.Name, '/')
		return "/workflow/" + url.PathEscape(workflow)
	case resolver.KindConfig:
		if m, err := schema.ParseMetadata(c.Name); err == nil {
			return configURL(m)
		}
	case resolver.KindTest:
	}
	return ""
}

// configURL is the page of a configuration.
func configURL(m schema.Metadata) string {
	address := "/configs/" + url.PathEscape(m.Org) + "/" + url.PathEscape(m.Repo) + "/" + url.PathEscape(m.Branch)
	if m.Variant != "" {
		address += "?" + url.Values{"variant": {m.Variant}}.Encode()
	}
	return address
}

// testURL is the page of a test: today's address.
func testURL(m schema.Metadata, test string) string {
	query := "org=" + url.QueryEscape(m.Org) + "&repo=" + url.QueryEscape(m.Repo) + "&branch=" + url.QueryEscape(m.Branch)
	if m.Variant != "" {
		query += "&variant=" + url.QueryEscape(m.Variant)
	}
	return "/job?" + query + "&test=" + url.QueryEscape(test)
}

// sourceURL is a line of a file of the repository; 0 is the whole file.
func sourceURL(file string, line int) string {
	parts := strings.Split(file, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	address := "/source/" + strings.Join(parts, "/")
	if line > 0 {
		address += "#L" + strconv.Itoa(line)
	}
	return address
}

func cutLast(text string, separator byte) (before, after string) {
	i := strings.LastIndexByte(text, separator)
	if i < 0 {
		return text, ""
	}
	return text[:i], text[i+1:]
}
