package resolver

import "github.com/drover-ci/drover/schema"

// The functions of this file give the resolved form of what is written.

// LiteralOfRef gives a step of the registry as a test has it, without the values
// that the test gives it.
func LiteralOfRef(ref *schema.RegistryRef) schema.LiteralTestStep {
	return schema.LiteralTestStep{
		As:                ref.As,
		From:              ref.From,
		FromImage:         ref.FromImage,
		Commands:          ref.Commands,
		Resources:         ref.Resources,
		Timeout:           ref.Timeout,
		GracePeriod:       ref.GracePeriod,
		Credentials:       ref.Credentials,
		Environment:       ref.Environment,
		Dependencies:      ref.Dependencies,
		DNSConfig:         ref.DNSConfig,
		Leases:            ref.Leases,
		OptionalOnSuccess: ref.OptionalOnSuccess,
		BestEffort:        ref.BestEffort,
		NoKubeconfig:      ref.NoKubeconfig,
		Cli:               ref.Cli,
		Observers:         ref.Observers,
		RunAsScript:       ref.RunAsScript,
		NodeArchitecture:  ref.NodeArchitecture,
		NestedPodman:      ref.NestedPodman,
	}
}

// LiteralOf gives a step that is neither a reference nor a chain.
func LiteralOf(step *schema.TestStep) schema.LiteralTestStep {
	return schema.LiteralTestStep{
		As:                step.As,
		From:              step.From,
		FromImage:         step.FromImage,
		Commands:          step.Commands,
		Resources:         step.Resources,
		Timeout:           step.Timeout,
		GracePeriod:       step.GracePeriod,
		Credentials:       step.Credentials,
		Environment:       step.Environment,
		Dependencies:      step.Dependencies,
		DNSConfig:         step.DNSConfig,
		Leases:            step.Leases,
		OptionalOnSuccess: step.OptionalOnSuccess,
		BestEffort:        step.BestEffort,
		NoKubeconfig:      step.NoKubeconfig,
		Cli:               step.Cli,
		Observers:         step.Observers,
		RunAsScript:       step.RunAsScript,
		NodeArchitecture:  step.NodeArchitecture,
		NestedPodman:      step.NestedPodman,
	}
}

func literalOfObserver(observer *schema.RegistryObserver) schema.Observer {
	return schema.Observer{
		Name:        observer.Name,
		From:        observer.From,
		FromImage:   observer.FromImage,
		Commands:    observer.Commands,
		Resources:   observer.Resources,
		Timeout:     observer.Timeout,
		GracePeriod: observer.GracePeriod,
		Environment: observer.Environment,
	}
}

func literalOfProfile(profile *schema.ClusterProfileEntry) *schema.ClusterProfile {
	return &schema.ClusterProfile{
		Name:            profile.Name,
		ClusterType:     profile.ClusterType,
		LeaseType:       profile.LeaseType,
		IPPoolLeaseType: profile.IPPoolLeaseType,
		Secret:          profile.Secret,
		ConfigMap:       profile.ConfigMap,
	}
}
