// Package quiet keeps packages from taking hold of standard error while they are initialized.
//
// The API server's etcd client does: it makes its logger at that time, out of anybody's reach, and then reports each
// retry there, at a level that cannot be changed (k8s.io/apiserver v0.36 reads ETCD_CLIENT_DEBUG the wrong way round).
//
// Go initializes packages in the order of their import paths, as far as their imports allow. This one imports next to
// nothing, and so comes before those of k8s.io. Crashes are not affected: the runtime does not write through os.Stderr.
package quiet

import "os"

// stderr is the real one.
var stderr = os.Stderr //nolint:gochecknoglobals // kept from one package's initialization to main

func init() { //nolint:gochecknoinits // before other packages' is the point
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

// Over gives standard error back. It is for main to call first.
func Over() {
	os.Stderr = stderr
}
