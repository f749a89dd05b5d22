// Package manifests reads folders of cluster objects.
//
// A folder with a kustomization is built with kustomize, which sees that
// folder alone; of every other folder, each YAML or JSON file is taken as it
// is, and the folders below likewise. Files and folders whose names start with
// "_" are skipped, as are OWNERS and what is neither YAML nor JSON.
//
// The package never asks a cluster what it knows, and runs nothing that a
// kustomization names.
package manifests
