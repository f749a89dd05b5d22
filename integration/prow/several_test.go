package prow

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Jobs by hand, for another file than the first.
const (
	unit    = "pull-ci-acme-widget-server-main-unit"
	fuzz    = "periodic-ci-acme-widget-server-main-fuzz"
	onMain  = "    branches: [^main$]\n"
	onOld   = "    branches: [^release-1.2$]\n"
	skips   = "    skip_branches: [release]\n"
	context = "    context: ci/by-hand\n"
)

// named gives a job of one of the pieces another name.
func named(job, name string) string {
	job = strings.Replace(job, "name: pull-by-hand\n", "name: "+name+"\n", 1)
	return strings.Replace(job, "name: periodic-by-hand\n", "name: "+name+"\n", 1)
}

// labelled marks a job as generated.
func labelled(job, indent string) string {
	return job + indent + "labels:\n" + indent + "  ci.openshift.io/generator: prowgen\n"
}

// TestCheckRefusesWhatProwRefusesOfSeveralFiles puts job files that people could have
// written beside those that are generated, and has Prow and drover check read all of
// them. What check lets pass is generated again before Prow reads it.
func TestCheckRefusesWhatProwRefusesOfSeveralFiles(t *testing.T) {
	const (
		own      = "acme/widget-server/"
		operator = "acme/widget-operator/"
	)
	other := strings.Replace(job, "acme/widget-server", "acme/widget-operator", 1)
	cases := map[string]struct {
		files map[string]string
		want  string // by whom the job of the last file is in the way of
	}{
		"presubmits":                     {map[string]string{own + "a.yaml": job, own + "b.yaml": job}, own + "a.yaml"},
		"presubmits elsewhere":           {map[string]string{own + "a.yaml": job, "infra.yaml": job}, own + "a.yaml"},
		"presubmits of two repositories": {map[string]string{own + "a.yaml": job, operator + "b.yaml": other}, ""},
		"presubmits for two branches":    {map[string]string{own + "a.yaml": job + onMain, own + "b.yaml": job + onOld}, ""},
		"presubmits for one branch":      {map[string]string{own + "a.yaml": job + onMain, own + "b.yaml": job + onMain}, own + "a.yaml"},
		"presubmits, one for all":        {map[string]string{own + "a.yaml": job + onMain, own + "b.yaml": job}, own + "a.yaml"},
		"presubmits, one skips":          {map[string]string{own + "a.yaml": job + onOld, own + "b.yaml": job + skips}, ""},
		"presubmits, one skips others":   {map[string]string{own + "a.yaml": job + skips, own + "b.yaml": job + onMain}, own + "a.yaml"},
		"presubmits that skip":           {map[string]string{own + "a.yaml": job + skips, own + "b.yaml": job + skips}, own + "a.yaml"},
		"a presubmit and a postsubmit":   {map[string]string{own + "a.yaml": job, own + "b.yaml": post}, ""},
		"a presubmit and a periodic": {map[string]string{
			own + "a.yaml": job, own + "b.yaml": named(periodic, "pull-by-hand") + daily,
		}, ""},
		"postsubmits": {map[string]string{own + "a.yaml": post, own + "b.yaml": post}, own + "a.yaml"},
		"periodics":   {map[string]string{own + "a.yaml": periodic + daily, operator + "b.yaml": periodic + daily, "d.yaml": job}, operator + "b.yaml"},
		"contexts":    {map[string]string{own + "a.yaml": job + context, own + "b.yaml": named(job, "x") + context}, own + "a.yaml"},
		"contexts for two branches": {map[string]string{
			own + "a.yaml": job + context + onMain, own + "b.yaml": named(job, "x") + context + onOld,
		}, ""},
		"contexts of postsubmits":                   {map[string]string{own + "a.yaml": post + context, own + "b.yaml": named(post, "x") + context}, own + "a.yaml"},
		"a context that is another's name":          {map[string]string{own + "a.yaml": named(job, "ci-x"), own + "b.yaml": job + "    context: ci-x\n"}, own + "a.yaml"},
		"a presubmit with a generated name":         {map[string]string{own + "a.yaml": named(job, unit)}, "config"},
		"the same, elsewhere":                       {map[string]string{"infra.yaml": named(job, unit)}, "config"},
		"the same, for another branch":              {map[string]string{own + "a.yaml": named(job, unit) + onOld}, ""},
		"the same, for this branch":                 {map[string]string{own + "a.yaml": named(job, unit) + onMain}, "config"},
		"the same, which is replaced":               {map[string]string{own + "acme-widget-server-main-presubmits.yaml": named(job, unit)}, ""},
		"a part of a test":                          {map[string]string{own + "a.yaml": named(job, "pull-ci-acme-widget-server-main-e2e-gcp-full-2of2")}, "config"},
		"the images of a repository":                {map[string]string{own + "a.yaml": named(post, "branch-ci-acme-widget-server-main-images")}, "config"},
		"a context of a generated presubmit":        {map[string]string{own + "a.yaml": job + "    context: ci/prow/unit\n"}, "config"},
		"a name that is the context of a generated": {map[string]string{own + "a.yaml": job + "    context: ci/prow/nightly-e2e-gcp\n"}, "config"},
		"a periodic with a generated name":          {map[string]string{operator + "a.yaml": named(periodic, fuzz) + daily}, "config"},
		"the same in the place of the generated":    {map[string]string{own + "acme-widget-server-main-periodics.yaml": named(periodic, fuzz) + daily}, ""},
		"files of one name":                         {map[string]string{own + "x.yaml": job, operator + "x.yaml": other}, operator + "x.yaml and "},
		"a file with a generated one's name":        {map[string]string{"infra/acme-widget-server-main-periodics.yaml": periodic + daily}, "infra/acme"},
		"jobs with the label, elsewhere":            {map[string]string{"infra.yaml": labelled(named(job, unit), "    ")}, "config"},
		"jobs with the label, which go":             {map[string]string{own + "a.yaml": labelled(named(job, unit), "    ")}, ""},
		"a misspelt key under the label, elsewhere": {map[string]string{"infra.yaml": labelled(job, "    ") + "    optionel: true\n"}, "optional"},
	}
	sample := copySample(t)
	drover(t, "generate", "--repo", sample)
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := filepath.Join(t.TempDir(), "release")
			if err := os.CopyFS(repo, os.DirFS(sample)); err != nil {
				t.Fatal(err)
			}
			for file, content := range test.files {
				path := filepath.Join(repo, jobs, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			said := strings.Join(problemTexts(t, repo), "\n")
			if (test.want == "") != (said == "") || !strings.Contains(said, test.want) || strings.Count(said, "\n") > 0 {
				t.Errorf("drover says %q, want one that names %q, or none", said, test.want)
			}
			if said == "" {
				drover(t, "generate", "--repo", repo)
			}
			if _, refused := load(filepath.Join(repo, prowConfig), filepath.Join(repo, jobs)); (refused != nil) != (said != "") {
				t.Errorf("Prow says %v, drover %q", refused, said)
			}
		})
	}
}

// problemTexts are the problems of a repository, sorted.
func problemTexts(t *testing.T, repo string) []string {
	t.Helper()
	var texts []string
	for _, problem := range problemsIn(t, repo) {
		texts = append(texts, problem.File+": "+problem.Message)
	}
	slices.Sort(texts)
	return texts
}
