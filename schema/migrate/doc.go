// Package migrate rewrites older forms of a file into today's, in its text: what
// is not part of such a form, comments and the order of fields included, stays
// byte for byte.
//
// Every result is read again and compared with what the file said before. One
// that would say anything else is never given: then the file is to be rewritten
// by hand. The package reads and writes no file.
package migrate
