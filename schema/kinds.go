package schema

// Kind is a kind of file in a release repository.
type Kind struct {
	// Name is how people call it: ci-operator.
	Name string `json:"name"`
	// Definition is the name of its definition, which is that of its Go type.
	Definition string `json:"definition"`
	// Files are globs of the files of this kind, in OpenShift's places, relative
	// to the repository's root. Of a file that several kinds' globs find, the
	// longest glob says the kind. An object of the cluster has none.
	Files []string `json:"files"`
	// Doc says what the file is for.
	Doc string `json:"doc"`
}

// Kinds lists the kinds of files, the most used first.
func Kinds() []Kind {
	kinds := []Kind{
		{Name: "ci-operator", Definition: "Config", Files: []string{"ci-operator/config/*/*/*.yaml"}},
		{Name: "ref", Definition: "RefFile", Files: []string{"ci-operator/step-registry/**/*-ref.yaml"}},
		{Name: "chain", Definition: "ChainFile", Files: []string{"ci-operator/step-registry/**/*-chain.yaml"}},
		{Name: "workflow", Definition: "WorkflowFile", Files: []string{"ci-operator/step-registry/**/*-workflow.yaml"}},
		{Name: "observer", Definition: "ObserverFile", Files: []string{"ci-operator/step-registry/**/*-observer.yaml"}},
		{Name: "registry-metadata", Definition: "RegistryMetadata", Files: []string{"ci-operator/step-registry/**/*.metadata.json"}},
		{Name: "cluster-profiles", Definition: "ClusterProfilesFile", Files: []string{"ci-operator/step-registry/cluster-profiles/cluster-profiles-config.yaml"}},
		{Name: "quotas", Definition: "QuotasFile", Files: []string{"core-services/boskos/quotas.yaml"}},
		{Name: "dispatcher", Definition: "DispatcherConfig", Files: []string{"core-services/sanitize-prow-jobs/_config.yaml"}},
		{Name: "clusters", Definition: "ClustersFile", Files: []string{"core-services/sanitize-prow-jobs/_clusters.yaml"}},
		{Name: "claim-owners", Definition: "ClaimOwnersFile", Files: []string{"core-services/cluster-claim-owners/_config.yaml"}},
		{Name: "config-prowgen", Definition: "ProwgenFile", Files: []string{"ci-operator/config/*/.config.prowgen", "ci-operator/config/*/*/.config.prowgen"}},
		{Name: "jobs", Definition: string(ProwJobFile), Files: []string{"ci-operator/jobs/**/*.yaml"}},
		{Name: "prow-config", Definition: string(ProwConfig), Files: []string{"core-services/prow/02_config/_config.yaml"}},
		{Name: "prow-config-part", Definition: string(ProwSupplemental), Files: []string{"core-services/prow/02_config/**/_prowconfig.yaml"}},
		{Name: "prow-plugins", Definition: string(ProwPlugins), Files: []string{"core-services/prow/02_config/_plugins.yaml"}},
		{Name: "prow-plugins-part", Definition: string(ProwPluginsSupplemental), Files: []string{"core-services/prow/02_config/**/_pluginconfig.yaml"}},
		{Name: "component", Definition: string(ComponentDefinition), Files: []string{".ci-operator.yaml"}},
		{Name: "configrepo", Definition: string(ConfigRepo)},
		{Name: "drover", Definition: "Settings", Files: []string{"drover.yaml"}},
	}
	for i := range kinds {
		kinds[i].Doc = shapes()[kinds[i].Definition].Doc
	}
	return kinds
}

// kindNamed finds a kind by its name.
func kindNamed(name string) (kind Kind, ok bool) {
	for _, kind := range Kinds() {
		if kind.Name == name {
			return kind, true
		}
	}
	return Kind{}, false
}
