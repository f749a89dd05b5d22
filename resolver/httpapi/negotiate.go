package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// chooseEncoding gives the first of the encodings that the request accepts, or
// "" for none.
func chooseEncoding(header http.Header, encodings []string) string {
	for _, encoding := range encodings {
		if accepts(header.Values("Accept-Encoding"), encoding) {
			return encoding
		}
	}
	return ""
}

// accepts says whether the header's values allow an encoding. What is said of
// the encoding itself comes before what is said of "*".
func accepts(values []string, encoding string) bool {
	accepted := false
	for item := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, parameters, _ := strings.Cut(item, ";")
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case encoding:
			return !weightless(parameters)
		case "*":
			accepted = !weightless(parameters)
		}
	}
	return accepted
}

// weightless says whether a quality is zero: not wanted.
func weightless(parameters string) bool {
	name, value, _ := strings.Cut(strings.TrimSpace(parameters), "=")
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return strings.EqualFold(strings.TrimSpace(name), "q") && err == nil && weight == 0
}

// entityTag names content in an encoding.
func entityTag(digest, encoding string) string {
	if encoding != "" {
		digest += "-" + encoding
	}
	return `"` + digest + `"`
}

// known says whether the client has the content already.
func known(header http.Header, tag string) bool {
	var tags []string
	for item := range strings.SplitSeq(strings.Join(header.Values("If-None-Match"), ","), ",") {
		tags = append(tags, strings.TrimPrefix(strings.TrimSpace(item), "W/"))
	}
	return slices.Contains(tags, tag) || slices.Contains(tags, "*")
}
