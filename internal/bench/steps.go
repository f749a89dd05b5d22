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
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// widely is how many configurations use a step that is widely used.
const widely = 500

// used is how many configurations use a step, with the first of them.
type used struct {
	configs int
	first   schema.Metadata
}

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
	uses := usesOf(valid)
	files := map[string]string{}
	for _, doc := range repo.Refs {
		files[doc.Value.As] = doc.Path
	}
	steps := slices.DeleteFunc(slices.Sorted(maps.Keys(uses)), func(step string) bool { return files[step] == "" })
	far := func(step string) int { return max(uses[step].configs-widely, widely-uses[step].configs) }
	wide := slices.MinFunc(steps, func(a, b string) int { return far(a) - far(b) })
	most := slices.MaxFunc(steps, func(a, b string) int { return cmp.Compare(uses[a].configs, uses[b].configs) })
	return []change{stepChange(wide, files[wide], uses[wide]), stepChange(most, files[most], uses[most])}, nil
}

// usesOf counts the configurations that use each step.
func usesOf(valid *rules.Valid) map[string]used {
	uses := map[string]used{}
	for _, entry := range valid.Catalog.Entries() {
		steps := map[string]bool{}
		for i := range entry.Config.Tests {
			if test := entry.Shape().Steps(i); test != nil {
				for _, step := range slices.Concat(test.Pre, test.Test, test.Post) {
					steps[step.Literal().As] = true
				}
			}
		}
		for step := range steps {
			u := uses[step]
			if u.configs++; u.configs == 1 {
				u.first = entry.Config.Metadata
			}
			uses[step] = u
		}
	}
	return uses
}

// stepChange changes a value that a step's script gets.
func stepChange(step, file string, of used) change {
	query := url.Values{"org": {of.first.Org}, "repo": {of.first.Repo}, "branch": {of.first.Branch}}
	if of.first.Variant != "" {
		query.Set("variant", of.first.Variant)
	}
	return change{
		what: fmt.Sprintf("step of %d configurations changed", of.configs), file: file, asked: "/config?" + query.Encode(),
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
