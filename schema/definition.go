package schema

// Definition names what a file is that [Check] judges.
type Definition string

// The definitions of files that Drover judges and does not read.
const (
	ProwConfig              Definition = "ProwConfig"
	ProwSupplemental        Definition = "ProwSupplemental"
	ProwPlugins             Definition = "ProwPlugins"
	ProwPluginsSupplemental Definition = "ProwPluginsSupplemental"
	ProwJobFile             Definition = "ProwJobFile"
	ConfigRepo              Definition = "ConfigRepo"
)

// The definitions of files of the lease server.
const (
	LeaseConfig   Definition = "LeaseConfig"
	LeaseCleaners Definition = "LeaseCleaners"
	LeaseUsers    Definition = "LeaseUsers"
)

// The definitions of files that have a Go type too.
const (
	ComponentDefinition        Definition = "ComponentFile"
	RegistryMetadataDefinition Definition = "RegistryMetadata"
)
