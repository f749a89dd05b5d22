// Package golden compares what a test got with a file that says what it should get.
//
// Golden files lie in the testdata folder of the package whose test reads them. After a change that is meant to change
// the output,
//
//	UPDATE=1 go test ./generators/prowjobs
//
// writes them anew, and `git diff` shows what the change does. The files are compared byte for byte: no line ends,
// spaces or order are forgiven, since nothing downstream forgives them.
//
// The package never writes unless UPDATE is 1, and never decides what is right: whoever commits the diff does.
package golden
