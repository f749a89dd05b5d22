package main

import (
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/drover-ci/drover/localcluster/internal/atomicfile"
	"github.com/drover-ci/drover/localcluster/internal/pki"
)

// writeKubeconfig writes the administrator's kubeconfig. It holds the keys themselves, so that it can be copied.
func writeKubeconfig(file, server string, keys *pki.Set) error {
	const name = "localcluster"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: keys.Authority.CertPEM()}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{
		ClientCertificateData: keys.Admin.CertPEM(),
		ClientKeyData:         keys.Admin.KeyPEM(),
	}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	content, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("render the kubeconfig: %w", err)
	}
	return atomicfile.Write(file, content)
}

// adminConfig is the administrator's way in, for the parts of this process that are clients.
func adminConfig(server string, keys *pki.Set) *rest.Config {
	return &rest.Config{
		Host: server,
		TLSClientConfig: rest.TLSClientConfig{
			CAData:   keys.Authority.CertPEM(),
			CertData: keys.Admin.CertPEM(),
			KeyData:  keys.Admin.KeyPEM(),
		},
		UserAgent: "localcluster",
		QPS:       -1, // our own server: nothing to be considerate about
	}
}
