package prowjobs

import (
	"errors"

	"github.com/drover-ci/drover/schema"
)

// template is a [schema.JobTemplate] made ready to be used.
type template struct {
	container          *Container
	cloneToken         *schema.JobCloneToken
	officialNamespaces []string
	labelledNoBuilds   []string

	all, target, test, variant, secret, multiStage, release, claim, shard, promotion part
	private, privateUncloned, secretsStore                                           part
}

// newTemplate reads a job template.
func newTemplate(from *schema.JobTemplate) (*template, error) {
	if from.Image == "" || len(from.Command) == 0 {
		return nil, errors.New("job template has no image or no command")
	}
	parts := from.Parts
	if parts == nil {
		parts = &schema.JobParts{}
	}
	return &template{
		container:          newContainer(from),
		cloneToken:         from.CloneToken,
		officialNamespaces: from.OfficialNamespaces,
		labelledNoBuilds:   from.LabelledNoBuilds,

		all:             newPart(parts.All),
		target:          newPart(parts.Target),
		test:            newPart(parts.Test),
		variant:         newPart(parts.Variant),
		secret:          newPart(parts.Secret),
		multiStage:      newPart(parts.MultiStage),
		release:         newPart(parts.Release),
		claim:           newPart(parts.Claim),
		shard:           newPart(parts.Shard),
		promotion:       newPart(parts.Promotion),
		private:         newPart(parts.Private),
		privateUncloned: newPart(parts.PrivateUncloned),
		secretsStore:    newPart(parts.SecretsStore),
	}, nil
}

func newContainer(from *schema.JobTemplate) *Container {
	c := &Container{
		Image:           from.Image,
		ImagePullPolicy: from.ImagePullPolicy,
		Command:         from.Command,
		ServiceAccount:  from.ServiceAccount,
	}
	if from.Resources != nil {
		c.Requests, c.Limits = sortedPairs(from.Resources.Requests), sortedPairs(from.Resources.Limits)
	}
	return c
}
