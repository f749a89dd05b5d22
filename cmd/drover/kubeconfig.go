package main

import (
	"errors"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// selfContained refuses a kubeconfig that would run a program or read a file
// of this machine: whoever may write a Secret must not get at either.
func selfContained(config *clientcmdapi.Config) error {
	for _, user := range config.AuthInfos {
		if user.Exec != nil || user.AuthProvider != nil {
			return errors.New("its kubeconfig runs a program, which is not allowed in a Secret")
		}
		if user.ClientCertificate != "" || user.ClientKey != "" || user.TokenFile != "" {
			return errors.New("its kubeconfig names files, which is not allowed in a Secret: it must hold what is in them")
		}
	}
	for _, cluster := range config.Clusters {
		if cluster.CertificateAuthority != "" {
			return errors.New("its kubeconfig names files, which is not allowed in a Secret: it must hold what is in them")
		}
	}
	return nil
}
