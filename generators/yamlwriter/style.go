package yamlwriter

import "strings"

// A style is how a string is written.
type style int

const (
	// byLibrary is for strings that are left to sigs.k8s.io/yaml.
	byLibrary style = iota
	plain
	singleQuoted
	doubleQuoted
)

// foldColumn is the last column after which a space does not become a line
// break.
const foldColumn = 80

// styleOf says how to write s so that it starts at the column, counted from 0.
func styleOf(s string, column int) style {
	switch {
	case isWord(s):
		return doubleQuoted
	case !isSimple(s, column):
		return byLibrary
	case mayBeNumber(s) && isDecimal(s):
		return doubleQuoted
	case mayBeNumber(s):
		return byLibrary
	case needsQuotes(s):
		return singleQuoted
	default:
		return plain
	}
}

// IsPlain says whether a text needs no quotes where its line may be of any
// length: sigs.k8s.io/yaml would write it without, and so reads what is written
// so as this text.
func IsPlain(text string) bool { return styleOf(text, -2*len(text)) == plain }

// isWord says whether YAML 1.1 reads s as a truth value or as nothing.
func isWord(s string) bool {
	switch s {
	case "", "~", "null", "Null", "NULL",
		"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE",
		"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE":
		return true
	}
	return false
}

// isSimple says whether s is printable ASCII on a single line that is neither
// folded nor a document's mark.
func isSimple(s string, column int) bool {
	if s[0] == ' ' || s[len(s)-1] == ' ' || len(s) >= 3 && (s[:3] == "---" || s[:3] == "...") {
		return false
	}
	column++ // a quote may come first
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return false
		case c == ' ' && column > foldColumn:
			return false
		case c == '\'':
			column++ // quotes are doubled between quotes
		}
		column++
	}
	return true
}

// mayBeNumber says whether s has nothing that a number or a time cannot have.
func mayBeNumber(s string) bool {
	if c := s[0]; c != '+' && c != '-' && c != '.' && !isDigit(c) {
		return false
	}
	for i := range len(s) {
		if !isNumeric(s[i]) {
			return false
		}
	}
	return true
}

// isNumeric says whether c occurs in integers of any base, floats, infinity,
// dates and times.
func isNumeric(c byte) bool {
	switch c {
	case '+', '-', '.', ':', '_', ' ', 'x', 'X', 'o', 'O', 'T', 't', 'Z', 'z', 'i', 'I', 'n', 'N':
		return true
	}
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// isDecimal says whether s is digits with at most one point among them, as
// versions are.
func isDecimal(s string) bool {
	points := 0
	for i := range len(s) {
		if s[i] == '.' {
			points++
		} else if !isDigit(s[i]) {
			return false
		}
	}
	return points == 0 && s[0] != '0' || points == 1 && s != "."
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// needsQuotes says whether a simple s would mean something else without
// quotes: it starts with an indicator, or holds the start of a value or of a
// comment.
func needsQuotes(s string) bool {
	switch s[0] {
	case '#', ',', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`':
		return true
	case '-', '?':
		if len(s) == 1 || s[1] == ' ' {
			return true
		}
	}
	return s[len(s)-1] == ':' || strings.Contains(s, ": ") || strings.Contains(s, " #")
}

// clearlyBefore says whether the library too writes key a before key b, which
// is before it byte by byte. It compares numbers by value and puts letters
// after anything else; where that could matter the answer is no.
func clearlyBefore(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	switch {
	case i == len(a):
		return true
	case i == len(b), isDigit(a[i]), isDigit(b[i]), i > 0 && isDigit(a[i-1]):
		return false
	}
	return a[i] < b[i] && (isLetter(b[i]) || !isLetter(a[i]))
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
