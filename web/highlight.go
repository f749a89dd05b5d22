package web

import (
	"html/template"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxHighlight limits what is coloured, in bytes; longer text is plain.
const maxHighlight = 512 << 10

// token is the class of a piece of code.
type token string

const (
	plain    token = ""
	comment  token = "tc"
	text     token = "ts"
	keyword  token = "tk"
	variable token = "tv"
	name     token = "tn"
)

// highlight gives code as lines, coloured. The language is shell or yaml; of
// another the lines are plain.
func highlight(code, language string) template.HTML {
	code = strings.TrimRight(strings.ReplaceAll(code, "\r\n", "\n"), "\n")
	w := &codeWriter{}
	w.b.Grow(2 * len(code))
	w.b.WriteString(`<pre class="code" tabindex="0"><code>`)
	w.openLine()
	switch {
	case len(code) > maxHighlight:
		w.write(plain, code)
	case language == "shell" && !isOtherScript(code):
		lexShell(code, w.write)
	case language == "yaml":
		lexYAML(code, w.write)
	default:
		w.write(plain, code)
	}
	w.b.WriteString("</span></code></pre>")
	return template.HTML(w.b.String()) //nolint:gosec // write escapes all text
}

// isOtherScript says that a script says itself that it is not for a shell.
func isOtherScript(code string) bool {
	first, _, _ := strings.Cut(code, "\n")
	return strings.HasPrefix(first, "#!") && !strings.Contains(first, "sh")
}

// codeWriter writes pieces of code; each line becomes an element, so that it can
// be numbered and linked to.
type codeWriter struct {
	b    strings.Builder
	line int
}

func (w *codeWriter) openLine() {
	w.line++
	w.b.WriteString(`<span class="line" id="L` + strconv.Itoa(w.line) + `">`)
}

func (w *codeWriter) write(class token, piece string) {
	for i, line := range strings.Split(piece, "\n") {
		if i > 0 {
			w.b.WriteString("\n</span>")
			w.openLine()
		}
		if line == "" {
			continue
		}
		if class != plain {
			w.b.WriteString(`<span class="` + string(class) + `">`)
		}
		template.HTMLEscape(&w.b, []byte(line))
		if class != plain {
			w.b.WriteString("</span>")
		}
	}
}

// emit takes a piece of code of a class.
type emit func(class token, piece string)

//nolint:gochecknoglobals // a table
var shellKeywords = map[string]bool{
	"if": true, "then": true, "else": true, "elif": true, "fi": true, "for": true, "in": true, "do": true, "done": true,
	"while": true, "until": true, "case": true, "esac": true, "function": true, "return": true, "exit": true, "local": true,
	"export": true, "set": true, "trap": true, "source": true, "readonly": true, "declare": true, "eval": true, "exec": true,
	"unset": true, "shift": true, "break": true, "continue": true, "wait": true, "cd": true,
}

// lexShell splits a shell script. It goes over the text once and keeps no stack:
// what it cannot tell is plain.
func lexShell(code string, emit emit) {
	l := &lexer{code: code, emit: emit}
	for l.at < len(code) {
		switch c := code[l.at]; {
		case c == '#' && l.startsWord():
			l.take(comment, l.until("\n"))
		case c == '\\' && l.at+1 < len(code):
			l.pass(l.at + 2)
		case c == '\'':
			l.take(text, l.after("'", l.at+1))
		case c == '"':
			l.shellString()
		case c == '$':
			l.take(variable, l.shellVariable())
		case strings.HasPrefix(code[l.at:], "<<"):
			l.hereDocument()
		case isWordByte(c):
			l.shellWord()
		default:
			l.pass(l.at + 1)
		}
	}
	l.flush()
}

// lexer goes over code; what lies between from and at is plain so far.
type lexer struct {
	code     string
	from, at int
	emit     emit
}

func (l *lexer) flush() {
	if l.from < l.at {
		l.emit(plain, l.code[l.from:l.at])
	}
	l.from = l.at
}

// pass leaves all up to an end plain.
func (l *lexer) pass(end int) { l.at = min(end, len(l.code)) }

// take gives all up to an end a class.
func (l *lexer) take(class token, end int) {
	l.flush()
	end = min(end, len(l.code))
	l.emit(class, l.code[l.at:end])
	l.from, l.at = end, end
}

func (l *lexer) until(mark string) int {
	if i := strings.Index(l.code[l.at:], mark); i >= 0 {
		return l.at + i
	}
	return len(l.code)
}

func (l *lexer) after(mark string, from int) int {
	if from > len(l.code) {
		return len(l.code)
	}
	if i := strings.Index(l.code[from:], mark); i >= 0 {
		return from + i + len(mark)
	}
	return len(l.code)
}

func (l *lexer) startsWord() bool {
	return l.at == 0 || strings.IndexByte(" \t\n;&|()", l.code[l.at-1]) >= 0
}

func isWordByte(c byte) bool {
	return c == '_' || c == '-' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf
}

// shellWord is a keyword, or the name that is given a value, or plain.
func (l *lexer) shellWord() {
	starts, end := l.startsWord(), l.at
	for end < len(l.code) && isWordByte(l.code[end]) {
		end++
	}
	switch word := l.code[l.at:end]; {
	case starts && shellKeywords[word] && (end == len(l.code) || strings.IndexByte(" \t\n;&|()", l.code[end]) >= 0):
		l.take(keyword, end)
	case starts && end < len(l.code) && l.code[end] == '=':
		l.take(name, end)
	default:
		l.pass(end)
	}
}

// shellVariable gives where the variable at this place ends.
func (l *lexer) shellVariable() int {
	rest := l.code[l.at+1:]
	switch {
	case rest == "":
		return l.at + 1
	case rest[0] == '{':
		return l.after("}", l.at+2)
	case strings.IndexByte("@*#?$!-", rest[0]) >= 0:
		return l.at + 2
	}
	end := 0
	for end < len(rest) && rest[end] != '-' && isWordByte(rest[end]) {
		end++
	}
	return l.at + 1 + end
}

// shellString is text between quotation marks, with the variables in it.
func (l *lexer) shellString() {
	end := l.at + 1
	l.flush()
	for end < len(l.code) && l.code[end] != '"' {
		switch {
		case l.code[end] == '\\':
			end += 2
		case l.code[end] == '$' && end+1 < len(l.code) && l.code[end+1] != '(' && l.code[end+1] != '"':
			l.take(text, end)
			l.take(variable, l.shellVariable())
			end = max(l.at, end+1)
		default:
			end++
		}
	}
	l.take(text, end+1)
}

// hereDocument is the text up to the line that its begin names.
func (l *lexer) hereDocument() {
	line := l.code[l.at:l.until("\n")]
	mark := strings.TrimLeft(line, "<-~ ")
	if end := strings.IndexAny(mark, " \t;|&)>"); end >= 0 {
		mark = mark[:end]
	}
	mark = strings.Trim(mark, `'"\`)
	if mark == "" || strings.HasPrefix(line, "<<<") {
		l.pass(l.at + 3)
		return
	}
	l.pass(l.at + len(line))
	rest := l.code[l.at:]
	length := 0
	for part := range strings.Lines(rest) {
		length += len(part)
		if strings.TrimSpace(part) == mark && length > 1 {
			break
		}
	}
	l.take(text, l.at+length)
}

// lexYAML splits YAML as release repositories write it: keys, comments, quoted
// text.
func lexYAML(code string, emit emit) {
	for line := range strings.Lines(code) {
		body := strings.TrimLeft(line, " -")
		indent := len(line) - len(body)
		if strings.HasPrefix(body, "#") {
			emit(plain, line[:indent])
			emit(comment, body)
			continue
		}
		colon := strings.Index(body, ":")
		if colon <= 0 || strings.ContainsAny(body[:colon], " {[,") && body[0] != '"' || len(body) > colon+1 && body[colon+1] != ' ' && body[colon+1] != '\n' {
			emit(plain, line)
			continue
		}
		emit(plain, line[:indent])
		emit(keyword, body[:colon])
		emit(plain, ":")
		yamlValue(body[colon+1:], emit)
	}
}

func yamlValue(value string, emit emit) {
	trimmed := strings.TrimLeft(value, " ")
	switch {
	case strings.HasPrefix(trimmed, `"`) || strings.HasPrefix(trimmed, "'"):
		emit(text, value)
	case strings.Contains(value, " #"):
		at := strings.Index(value, " #")
		emit(plain, value[:at])
		emit(comment, value[at:])
	default:
		emit(plain, value)
	}
}
