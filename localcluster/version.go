package main

import (
	"fmt"
	"runtime/debug"

	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/component-base/compatibility"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// describeVersions is what --version prints.
func describeVersions() string {
	return fmt.Sprintf("localcluster (Kubernetes %s, etcd %s)",
		moduleVersion("k8s.io/kubernetes"), moduleVersion("go.etcd.io/etcd/server/v3"))
}

// moduleVersion is the version of a module in this program.
func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == path {
				return dep.Version
			}
		}
	}
	return "unknown"
}

// announceVersion has /version give the release. Kubernetes' own build writes that into a variable at link time, and a
// build from modules leaves a placeholder there.
func announceVersion(config *app.Config) {
	for _, c := range []*compatibility.EffectiveVersion{
		&config.Aggregator.GenericConfig.EffectiveVersion,
		&config.KubeAPIs.ControlPlane.Generic.EffectiveVersion,
		&config.ApiExtensions.GenericConfig.EffectiveVersion,
	} {
		*c = release{*c}
	}
}

// release is a version that knows its release.
type release struct {
	compatibility.EffectiveVersion
}

// Info is what /version gives.
func (r release) Info() *apiversion.Info {
	info := r.EffectiveVersion.Info()
	info.GitVersion = moduleVersion("k8s.io/kubernetes")
	info.GitCommit = ""
	return info
}
