package prowjobs

import (
	"path"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// repositoryConfig is the file that says which build root a repository wants.
const repositoryConfig = ".ci-operator.yaml"

// checkout says what Prow has to clone for the jobs of a configuration:
// nothing, the few files that ci-operator reads itself, or everything. The
// source that is built ci-operator clones in a build of its own.
func (g *Generator) checkout(config *schema.Config, options schema.JobGeneration) Checkout {
	files := filesToRead(config)
	c := Checkout{Skip: len(files) == 0, PathAlias: orEmpty(config.CanonicalGoRepository)}
	needsAll := options.DisableSparseCheckout || config.Images != nil && config.Images.BuildIfAffected
	switch {
	case needsAll:
		c.Skip = false
	default:
		c.Files = files
	}
	if options.Private && !c.Skip {
		c.Token = g.template.cloneToken
	}
	return c
}

// filesToRead are the files of the repository that ci-operator reads before it
// builds: what the build root is, and the Dockerfiles.
func filesToRead(config *schema.Config) []string {
	var files []string
	if config.BuildRoot != nil && config.BuildRoot.FromRepository {
		files = append(files, repositoryConfig)
	}
	if config.Images != nil {
		for i := range config.Images.Items {
			image := &config.Images.Items[i]
			if image.DockerfileLiteral == nil && image.Ref == "" {
				files = append(files, dockerfile(image))
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// dockerfile is where an image's Dockerfile is in the repository.
func dockerfile(image *schema.Image) string {
	name := orDefault(image.DockerfilePath, "Dockerfile")
	if image.ContextDir == "" {
		return name
	}
	return path.Join(image.ContextDir, name)
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
