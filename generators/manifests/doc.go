// Package manifests reads folders of cluster objects.
//
// A folder with a kustomization is built with kustomize, which sees what of the
// repository the settings name, and nothing else; of every other folder, each
// YAML or JSON file is taken as it is, and the folders below likewise. Files and
// folders whose names start with "_" are skipped, as are OWNERS, what is neither
// YAML nor JSON, and JSON that is no object but the data of some tool.
//
// An OpenShift Template gives the objects that `oc process` makes of it, with
// two differences. A parameter that asks for a random value has to be given
// one, because the same revision always gives the same objects. And an object
// keeps the namespace that it says, since there is no current one.
//
// The package never asks a cluster what it knows, and runs nothing that a
// kustomization names.
package manifests
