package dispatch

import (
	"cmp"
	"maps"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// defaultCapacity is the capacity of a cluster that has none of its own.
const defaultCapacity = 100

// cluster is one that jobs may be sent to.
type cluster struct {
	name, cloud  string
	capabilities []string
	blocked      bool
	tickets      []uint64
}

func newCluster(cloud string, declared schema.BuildCluster) cluster {
	return cluster{
		name: declared.Name, cloud: cloud, capabilities: declared.Capabilities, blocked: declared.Blocked,
		tickets: tickets(declared.Name, cmp.Or(declared.Capacity, defaultCapacity)),
	}
}

// farm is a list of clusters.
type farm []cluster

// newFarm gives all clusters, sorted by name.
func newFarm(input *Input, found *findings) farm {
	declared, path := input.Clusters, input.ClustersPath
	if declared == nil && input.Config != nil {
		declared, path = buildFarm(input.Config), input.ConfigPath
	}
	names := newClaims("a cluster is listed twice", found.in(path))
	var all farm
	for _, cloud := range slices.Sorted(maps.Keys(declared)) {
		for i, one := range declared[cloud] {
			at := item(field("", cloud), i)
			names.add(one.Name, at, at)
			all = append(all, newCluster(cloud, one))
		}
	}
	slices.SortFunc(all, func(a, b cluster) int { return cmp.Compare(a.name, b.name) })
	return all
}

// buildFarm are the clusters of a configuration that has no clusters file
// beside it.
func buildFarm(config *schema.DispatcherConfig) schema.ClustersFile {
	clusters := schema.ClustersFile{}
	for cloud, files := range config.BuildFarm {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			clusters[cloud] = append(clusters[cloud], schema.BuildCluster{Name: name})
		}
	}
	return clusters
}

// find gives the cluster of a name, if there is one.
func (f farm) find(name string) (cluster, bool) {
	at := slices.IndexFunc(f, func(c cluster) bool { return c.name == name })
	if at < 0 {
		return cluster{}, false
	}
	return f[at], true
}

// where gives the clusters that a test holds for.
func (f farm) where(test func(cluster) bool) farm {
	var some farm
	for _, c := range f {
		if test(c) {
			some = append(some, c)
		}
	}
	return some
}

// open are the clusters that are not blocked.
func (f farm) open() farm {
	return f.where(func(c cluster) bool { return !c.blocked })
}

// in are the clusters in a cloud; none are in one without a name.
func (f farm) in(cloud string) farm {
	return f.where(func(c cluster) bool { return cloud != "" && c.cloud == cloud })
}

// with are the clusters that have all of some capabilities.
func (f farm) with(capabilities []string) farm {
	return f.where(func(c cluster) bool {
		return !slices.ContainsFunc(capabilities, func(capability string) bool {
			return !slices.Contains(c.capabilities, capability)
		})
	})
}

// usable are those clusters of a list that are not blocked, in its order. What
// the farm does not know is a cluster all the same.
func (f farm) usable(names []string) farm {
	var some farm
	for _, name := range names {
		c, known := f.find(name)
		if !known {
			c = newCluster("", schema.BuildCluster{Name: name})
		}
		if !c.blocked {
			some = append(some, c)
		}
	}
	return some
}
