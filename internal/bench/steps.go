package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// widely is how many configurations use a step that is widely used.
const widely = 500

// stepChanges change the step that about as many configurations use as make it
// widely used, and the one that most use.
func (b *bench) stepChanges(ctx context.Context) ([]change, error) {
	tree, closeTree, err := repolayout.OpenFolder(b.release)
	if err != nil {
		return nil, err
	}
	defer func() { _ = closeTree() }()
	repo, err := repolayout.Load(ctx, tree, nil)
	if err != nil {
		return nil, err
	}
	valid, problems := rules.AdmitWhole(ctx, nil, repo)
	if valid == nil {
		return nil, fmt.Errorf("the release repository is not valid, first: %s", problems[0])
	}
	dependents := valid.Catalog.Dependents()
	users := func(step string) int { return dependents.Count(stepNamed(step)).Configs }
	files := map[string]string{}
	for _, doc := range repo.Refs {
		files[doc.Value.As] = doc.Path
	}
	steps := slices.Sorted(maps.Keys(files))
	far := func(step string) int { return max(users(step)-widely, widely-users(step)) }
	wide := slices.MinFunc(steps, func(a, b string) int { return far(a) - far(b) })
	most := slices.MaxFunc(steps, func(a, b string) int { return cmp.Compare(users(a), users(b)) })
	all := make([]change, 0, 2)
	for _, step := range []string{wide, most} {
		first := dependents.Uses(stepNamed(step))[0].Config.Metadata
		all = append(all, stepChange(step, files[step], users(step), first))
	}
	return all, nil
}

func stepNamed(step string) resolver.Component {
	return resolver.Component{Kind: resolver.KindStep, Name: step}
}

// stepChange changes a value that a step's script gets; the first configuration that
// uses it shows that.
func stepChange(step, file string, users int, first schema.Metadata) change {
	query := url.Values{"org": {first.Org}, "repo": {first.Repo}, "branch": {first.Branch}}
	if first.Variant != "" {
		query.Set("variant", first.Variant)
	}
	return change{
		what: fmt.Sprintf("step of %d configurations changed", users), file: file, asked: "/config?" + query.Encode(),
		edit: func(content []byte, mark string) ([]byte, error) {
			value := "  - name: BENCH_MARK\n    default: " + mark + "\n    documentation: Set by the benchmark of " + step + ".\n"
			if before, after, found := bytes.Cut(content, []byte("\n  env:\n")); found {
				return slices.Concat(before, []byte("\n  env:\n"+value), after), nil
			}
			return replacing("\n  commands:", "\n  env:\n%s  commands:")(content, value)
		},
	}
}

// quotaChange changes how many leases there are of a type.
func quotaChange() change {
	const before, limit = "\n  alibabacloud-qe-quota-slice:\n    us-east-1: ", 10
	return change{
		what: "one quota changed", file: "core-services/boskos/quotas.yaml",
		asked: "/leases?type=alibabacloud-qe-quota-slice", ofLeases: true,
		edit: func(content []byte, mark string) ([]byte, error) {
			number, _ := strconv.Atoi(mark[strings.LastIndex(mark, "-")+1:])
			return replacing(before+strconv.Itoa(limit)+"\n", before+"%s\n")(content, strconv.Itoa(limit+1+number))
		},
		shows: func(mark string) string {
			number, _ := strconv.Atoi(mark[strings.LastIndex(mark, "-")+1:])
			return fmt.Sprintf(`"limit":%d,`, limit+1+number)
		},
	}
}
