package leases

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many bytes a name has at most, be it of a type, a state, an
// owner or a request: as many as the names of objects.
const MaxText = 253

// CheckText says what is wrong with a name; what it names leads the message.
func CheckText(what, text string) error {
	if len(text) > MaxText {
		return fmt.Errorf("%s is too long (found %d bytes, at most %d)", what, len(text), MaxText)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%s has characters that are no text", what)
	}
	return nil
}
