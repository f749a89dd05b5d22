package gitsource

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// allowedSigner is a line of an allowed_signers file: who may sign with a key,
// what, and when.
type allowedSigner struct {
	principals []string // patterns
	namespaces []string // patterns; none for all
	authority  bool     // the key signs certificates, and not commits
	valid      validity
	key        ssh.PublicKey
}

// parseAllowedSigners reads a file of lines "principals [options] key-type key
// [comment]". What cannot be read is an error: a line that is passed over would
// be a key that is believed to count, or not to.
func parseAllowedSigners(content []byte) ([]allowedSigner, error) {
	var found []allowedSigner
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, maxCredential)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		signer, err := parseAllowedSigner(line)
		if err != nil {
			return nil, fmt.Errorf("read allowed signers, line %d: %w", number, err)
		}
		found = append(found, signer)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read allowed signers: %w", err)
	}
	return found, nil
}

func parseAllowedSigner(line string) (allowedSigner, error) {
	principals, rest, err := firstField(line)
	if err != nil {
		return allowedSigner{}, err
	}
	// The rest is as a line of authorized_keys: options, type, key, comment.
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil {
		return allowedSigner{}, errors.New("expected: principals [options] key-type key")
	}
	if _, certificate := key.(*ssh.Certificate); certificate {
		return allowedSigner{}, errors.New("it has a certificate where a key is expected")
	}
	signer := allowedSigner{principals: strings.Split(principals, ","), key: key}
	for _, option := range options {
		if signer, err = signer.with(option); err != nil {
			return allowedSigner{}, err
		}
	}
	return signer, nil
}

// firstField is what stands before the first space, unless that is quoted.
func firstField(line string) (field, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		field, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", errors.New("a quote is not closed")
		}
		return field, strings.TrimSpace(rest), nil
	}
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		return "", "", errors.New("expected: principals [options] key-type key")
	}
	return line[:end], strings.TrimSpace(line[end:]), nil
}

// with takes an option, in the order and spelling of ssh-keygen(1).
func (s allowedSigner) with(option string) (_ allowedSigner, err error) {
	name, value, _ := strings.Cut(option, "=")
	value = strings.Trim(value, `"`)
	switch strings.ToLower(name) {
	case "cert-authority":
		s.authority = true
	case "namespaces":
		s.namespaces = strings.Split(value, ",")
	case "valid-after":
		s.valid.after, err = parseTime(value)
	case "valid-before":
		s.valid.before, err = parseTime(value)
	default:
		return s, fmt.Errorf("the option %s is not known", name)
	}
	if err != nil {
		return s, fmt.Errorf("option %s: %w", name, err)
	}
	return s, nil
}

// parseTime reads YYYYMMDD[HHMM[SS]] in local time, or with Z in UTC.
func parseTime(text string) (time.Time, error) {
	digits, utc := strings.CutSuffix(text, "Z")
	location := time.Local //nolint:gosmopolitan // as ssh-keygen reads it
	if utc {
		location = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		at, err := time.ParseInLocation(layout, digits, location)
		if err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("got %q, expected YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with Z for UTC", text)
}

// allows says whether the line allows to sign in a namespace at a time.
func (s allowedSigner) allows(namespace string, at time.Time) error {
	switch {
	case len(s.namespaces) > 0 && !matches(s.namespaces, namespace):
		return fmt.Errorf("the key of %s does not count for the namespace %s", strings.Join(s.principals, ","), namespace)
	case !s.valid.holds(at):
		return fmt.Errorf("the key of %s was not valid at %s", strings.Join(s.principals, ","), at.UTC().Format(time.RFC3339))
	}
	return nil
}

// matches holds a name against patterns with * and ?; one that begins with !
// and matches excludes the name.
func matches(patterns []string, name string) bool {
	found := false
	for _, pattern := range patterns {
		pattern, excluded := strings.CutPrefix(pattern, "!")
		ok, err := path.Match(strings.ReplaceAll(pattern, "[", `\[`), name)
		if err != nil || !ok {
			continue
		}
		if excluded {
			return false
		}
		found = true
	}
	return found
}
