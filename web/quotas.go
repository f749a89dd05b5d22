package web

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
)

type quotasView struct {
	File     string // empty where there is none
	Rows     []quotaRow
	Profiles []profileRow
}

type quotaRow struct {
	link

	Slices   int
	Total    int
	Profiles []link
	Count    dependents.Count
}

type profileRow struct {
	link

	ClusterType, LeaseType string
	Count                  dependents.Count
}

// quotasPage lists lease types and cluster profiles.
func quotasPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	data := quotasView{}
	if _, err := v.Repo.Read(v.Repo.Quotas.Path); err == nil {
		data.File = v.Repo.Quotas.Path
	}
	for _, leaseType := range slices.Sorted(maps.Keys(v.Repo.Quotas.Value.Quotas)) {
		data.Rows = append(data.Rows, v.quotaRow(leaseType))
	}
	for _, profile := range v.Repo.Profiles.Value.ClusterProfiles {
		component := resolver.Component{Kind: resolver.KindProfile, Name: profile.Name}
		data.Profiles = append(data.Profiles, profileRow{
			link{profile.Name, componentURL(component)}, profile.ClusterType, profile.LeaseType, v.Catalog.Dependents().Count(component),
		})
	}
	slices.SortFunc(data.Profiles, func(a, b profileRow) int { return strings.Compare(a.Name, b.Name) })
	return &answer{page: "quotas", title: "Quotas", data: data}, nil
}

func (v *view) quotaRow(leaseType string) quotaRow {
	quota := v.Repo.Quotas.Value.Quotas[leaseType]
	row := quotaRow{link: link{leaseType, "/quotas/" + leaseType}, Slices: len(quota), Count: v.Catalog.Dependents().Count(leaseOf(leaseType))}
	for _, n := range quota {
		row.Total += n
	}
	for _, each := range sorted(v.Catalog.Dependents().Within(leaseOf(leaseType))) {
		if each.Kind == resolver.KindProfile {
			row.Profiles = append(row.Profiles, link{each.Name, componentURL(each)})
		}
	}
	return row
}

func leaseOf(leaseType string) resolver.Component {
	return resolver.Component{Kind: resolver.KindLease, Name: leaseType}
}

type quotaView struct {
	quotaRow

	File  string
	Line  int
	Parts []slicePart
	Tests []testRow
	Pager pager
}

// slicePart is a slice of a lease type.
type slicePart struct {
	Name   string
	Number int
	// Share is how much of the largest slice it is, in percent.
	Share int
}

// quotaPage shows a lease type.
func quotaPage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	leaseType := r.PathValue("type")
	quota, ok := v.Repo.Quotas.Value.Quotas[leaseType]
	if !ok {
		m := &missing{message: "There is no lease type " + leaseType + "."}
		for _, name := range nearest(leaseType, slices.Sorted(maps.Keys(v.Repo.Quotas.Value.Quotas))) {
			m.suggestions = append(m.suggestions, link{name, "/quotas/" + name})
		}
		return nil, m
	}
	data := quotaView{quotaRow: v.quotaRow(leaseType), File: v.Repo.Quotas.Path}
	data.Line = newPlaces(v).line(data.File, `quotas["`+leaseType+`"]`)
	largest := 1
	for _, n := range quota {
		largest = max(largest, n)
	}
	for _, slice := range slices.Sorted(maps.Keys(quota)) {
		data.Parts = append(data.Parts, slicePart{slice, quota[slice], 100 * quota[slice] / largest})
	}
	tests, pager := pageOf(v.Catalog.Dependents().Uses(leaseOf(leaseType)), r)
	data.Tests, data.Pager = testRows(tests), pager
	return &answer{page: "quota", title: leaseType, data: data}, nil
}

type profileView struct {
	schema.ClusterProfileEntry

	File   string
	Line   int
	Count  dependents.Count
	Quota  *quotaRow
	Owners []string
	Tests  []testRow
	Pager  pager
}

// profilePage shows a cluster profile.
func profilePage(r *request) (*answer, error) {
	v, err := r.inForce()
	if err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	component := resolver.Component{Kind: resolver.KindProfile, Name: name}
	profile := v.Catalog.Registry().Profile(name)
	if profile == nil {
		return nil, v.noComponent(component)
	}
	data := profileView{ClusterProfileEntry: *profile, File: v.Repo.Profiles.Path}
	for i, each := range v.Repo.Profiles.Value.ClusterProfiles {
		if each.Name == name {
			data.Line = newPlaces(v).line(data.File, "cluster_profiles["+itoa(i)+"]")
		}
	}
	if _, ok := v.Repo.Quotas.Value.Quotas[profile.LeaseType]; ok {
		row := v.quotaRow(profile.LeaseType)
		data.Quota = &row
	}
	for _, owner := range profile.Owners {
		if len(owner.Repos) == 0 {
			data.Owners = append(data.Owners, owner.Org)
		}
		for _, repo := range owner.Repos {
			data.Owners = append(data.Owners, owner.Org+"/"+repo)
		}
	}
	tests, pager := pageOf(v.Catalog.Dependents().Uses(component), r)
	data.Count, data.Tests, data.Pager = v.Catalog.Dependents().Count(component), testRows(tests), pager
	return &answer{page: "profile", title: name, data: data}, nil
}
