package web

import (
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed templates
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// loadPages parses the templates. They are part of the program, so that what is
// wrong with them is found by the first test.
func loadPages() pages {
	names, err := fs.Glob(templateFiles, "templates/pages/*.html")
	if err != nil {
		return nil
	}
	parsed := template.Must(template.New("").Funcs(functions()).ParseFS(templateFiles, "templates/*.html", "templates/pages/*.html"))
	all := pages{}
	for _, name := range names {
		name = strings.TrimSuffix(path.Base(name), ".html")
		text := `{{template "frame begin" .}}{{template "content of ` + name + `" .Content}}{{template "frame end" .}}`
		all[name] = template.Must(parsed.New("page of " + name).Parse(text))
	}
	return all
}

// asset is a file of the site: its address holds its digest, so that browsers
// may keep it for ever.
type asset struct {
	kind    string
	content []byte
}

var loadAssets = sync.OnceValue(func() map[string]asset { //nolint:gochecknoglobals // it never changes
	all := map[string]asset{}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		content, err := staticFiles.ReadFile("static/" + entry.Name())
		if err == nil {
			all[entry.Name()] = asset{mime.TypeByExtension(path.Ext(entry.Name())), content}
		}
	}
	return all
})

// assetURL is where an asset is.
func assetURL(name string) string {
	sum := sha256.Sum256(loadAssets()[name].content)
	return "/static/" + hex.EncodeToString(sum[:6]) + "/" + name
}

// assets serves them. An address with another digest, from a page of before an
// update, gets what there is now, and not for ever.
func assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		a, ok := loadAssets()[name]
		if !ok {
			http.Error(w, "There is no such file.", http.StatusNotFound)
			return
		}
		caching := "no-cache"
		if r.URL.Path == assetURL(name) {
			caching = "public, max-age=31536000, immutable"
		}
		w.Header().Set("Content-Type", a.kind)
		w.Header().Set("Cache-Control", caching)
		writeCompressed(w, r, http.StatusOK, a.content)
	})
}

// worthCompressing is the size in bytes from which an answer is compressed.
const worthCompressing = 1 << 10

var compressors = sync.Pool{ //nolint:gochecknoglobals // what is taken from it holds nothing of its last use
	New: func() any {
		w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
		return w
	},
}

// writeCompressed writes an answer, compressed for those who accept that.
func writeCompressed(w http.ResponseWriter, r *http.Request, status int, text []byte) {
	w.Header().Set("Vary", "Accept-Encoding")
	if len(text) < worthCompressing || !acceptsGzip(r) {
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(text) // who has gone away is not told
		}
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	compressor, _ := compressors.Get().(*gzip.Writer) // it holds nothing else
	defer compressors.Put(compressor)
	compressor.Reset(w)
	_, _ = compressor.Write(text)
	_ = compressor.Close()
}

func acceptsGzip(r *http.Request) bool {
	items := strings.Split(r.Header.Get("Accept-Encoding"), ",")
	return slices.ContainsFunc(items, func(item string) bool {
		name, parameters, _ := strings.Cut(item, ";")
		weight, weighed := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameters), " ", ""), "q=")
		return strings.EqualFold(strings.TrimSpace(name), "gzip") && (!weighed || strings.Trim(weight, "0.") != "")
	})
}
