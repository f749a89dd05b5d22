package main

import (
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/pkg/controlplane/reconcilers"
)

// withoutController are the admission plugins that rely on a controller which does not run here. With them, claims and
// pod groups could not be deleted, pods would be refused for want of a service account, and everything a quota counts
// would be refused because nobody counts.
func withoutController() []string {
	return []string{"PodGroupProtection", "ResourceQuota", "ServiceAccount", "StorageObjectInUseProtection"}
}

// secure has the server listen where the site does, and show the site's certificate.
func secure(o *options.ServerRunOptions, st *site) {
	address := addressOf(st.listener)
	o.SecureServing.Listener = st.listener
	o.SecureServing.BindAddress, o.SecureServing.BindPort = address.IP, address.Port
	o.SecureServing.ServerCert.CertKey.CertFile = st.keys.ServerFile
	o.SecureServing.ServerCert.CertKey.KeyFile = st.keys.ServerFile
	o.GenericServerRunOptions.AdvertiseAddress = address.IP
	o.GenericServerRunOptions.ExternalHost = address.IP.String()
}

// authenticate admits those who show a certificate or a service account token, and nobody else, to what RBAC allows.
func authenticate(o *options.ServerRunOptions, st *site) error {
	clients, err := dynamiccertificates.NewStaticCAContent("clients", st.keys.Authority.CertPEM())
	if err != nil {
		return err
	}
	o.Authentication.Anonymous.Allow = false
	o.Authentication.ClientCert.CAContentProvider = clients
	o.Authentication.ServiceAccounts.Issuers = []string{"https://kubernetes.default.svc"}
	o.Authentication.ServiceAccounts.KeyFiles = []string{st.keys.AccountKeyFile}
	o.ServiceAccountSigningKeyFile = st.keys.AccountKeyFile
	o.Authorization.Modes = []string{"RBAC"}
	return nil
}

// simplify turns off what only many servers, many users or running pods need.
func simplify(o *options.ServerRunOptions) {
	o.Admission.GenericAdmission.DisablePlugins = withoutController()
	o.AllowPrivileged = true
	o.EndpointReconcilerType = string(reconcilers.NoneEndpointReconcilerType)
	o.Features.EnablePriorityAndFairness = false
	o.Features.EnableProfiling = false
	o.ServiceClusterIPRanges = "10.0.0.0/16"
}
