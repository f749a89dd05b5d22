package rules_test

import (
	"context"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

const (
	serverConfig   = "ci-operator/config/acme/widget-server/acme-widget-server-main.yaml"
	operatorConfig = "ci-operator/config/acme/widget-operator/acme-widget-operator-main.yaml"
	imagesConfig   = "ci-operator/config/acme-infra/ci-images/acme-infra-ci-images-main.yaml"
	deployChain    = "ci-operator/step-registry/widget/deploy/widget-deploy-chain.yaml"
	workflowFile   = "ci-operator/step-registry/widget/e2e/widget-e2e-workflow.yaml"
	quotas         = "core-services/boskos/quotas.yaml"
	profilesFile   = "ci-operator/step-registry/cluster-profiles/cluster-profiles-config.yaml"
)

// history is a repository that is edited, and what is in force of it.
type history struct {
	t     *testing.T
	files fstest.MapFS
	repo  *repolayout.Repo
	valid *rules.Valid
}

func newHistory(t *testing.T) *history {
	t.Helper()
	h := &history{t: t, files: fstest.MapFS{}}
	release := fixtures.Release()
	err := fs.WalkDir(release, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			data, readErr := fs.ReadFile(release, path)
			h.files[path], err = &fstest.MapFile{Data: data}, readErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *history) write(path, content string) { h.files[path] = &fstest.MapFile{Data: []byte(content)} }

func (h *history) edit(path, from, to string) {
	h.t.Helper()
	content := string(h.files[path].Data)
	if !strings.Contains(content, from) {
		h.t.Fatalf("%s does not contain %q", path, from)
	}
	h.write(path, strings.ReplaceAll(content, from, to))
}

// commit admits the files as they are.
func (h *history) commit(further ...rules.Further) []schema.Problem {
	h.t.Helper()
	var err error
	if h.repo, err = repolayout.Load(h.t.Context(), repolayout.FromFS(maps.Clone(h.files)), h.repo); err != nil {
		h.t.Fatal(err)
	}
	valid, problems, err := rules.Admit(h.t.Context(), h.valid, h.repo, further...)
	if err != nil {
		h.t.Fatal(err)
	}
	if valid != nil {
		h.valid = valid
	}
	return problems
}

func (h *history) mustHold(want ...string) {
	h.t.Helper()
	var held []string
	for _, each := range h.valid.Held {
		held = append(held, each.Unit.String())
		if len(each.Problems) == 0 {
			h.t.Errorf("%s is held without a reason", each.Unit)
		}
	}
	if diff := cmp.Diff(want, held); diff != "" {
		h.t.Fatalf("held units (-want +got):\n%s", diff)
	}
}

func (h *history) inForce(path string) string {
	h.t.Helper()
	content, err := h.valid.Repo.Read(path)
	if err != nil {
		return ""
	}
	return string(content)
}

func TestAProblemHoldsItsUnit(t *testing.T) {
	const settings = "drover.yaml"
	cases := map[string]struct {
		reason string
		edit   func(h *history)
		held   []string
	}{
		"component": {
			reason: "a configuration that cannot be read holds its component",
			edit:   func(h *history) { h.edit(serverConfig, "as: unit", "az: unit") },
			held:   []string{"component acme/widget-server"},
		},
		"registry": {
			reason: "a step that cannot be found holds the registry, and nothing that was right without the change",
			edit:   func(h *history) { h.edit(deployChain, "ref: widget-deploy", "ref: widget-deplyo") },
			held:   []string{"registry"},
		},
		"step that is still needed": {
			reason: "nothing is wrong with the registry by itself, nor has the component changed that does not fit any more",
			edit:   func(h *history) { delete(h.files, workflowFile) },
			held:   []string{"registry"},
		},
		"quota that is still needed": {
			reason: "profiles and quotas are one unit, which goes back as a whole",
			edit:   func(h *history) { h.edit(quotas, "gcp-quota-slice:", "gpc-quota-slice:") },
			held:   []string{"profiles"},
		},
		"job file": {
			reason: "a file of jobs that people wrote holds the component that it lies with",
			edit: func(h *history) {
				h.write("ci-operator/jobs/acme/widget-server/by-hand.yaml", "periodics:\n- name: a\n  crn: '@daily'\n")
				h.edit(operatorConfig, "zz_generated_metadata:", "# seen\nzz_generated_metadata:")
			},
			held: []string{"component acme/widget-server"},
		},
		"file of Prow's": {
			reason: "it is a unit of its own",
			edit:   func(h *history) { h.write("core-services/prow/02_config/_plugins.yaml", "plugns: {}\n") },
			held:   []string{"file core-services/prow/02_config/_plugins.yaml"},
		},
		"what needs what is held": {
			reason: "a configuration that needs the new step goes back with the registry",
			edit: func(h *history) {
				h.edit(workflowFile, "as: widget-e2e", "as: widget-e2e\n  no_such_field: 1")
				h.edit(operatorConfig, "workflow: widget-e2e", "workflow: widget-new")
				h.write("ci-operator/step-registry/widget/new/widget-new-workflow.yaml",
					strings.ReplaceAll(h.inForce(workflowFile), "widget-e2e", "widget-new"))
				h.edit(imagesConfig, "cpu: ", "cpu:  ")
			},
			held: []string{"registry", "component acme/widget-operator"},
		},
		"settings": {
			reason: "settings that cannot be read stay what they were",
			edit:   func(h *history) { h.edit(settings, "hold: unit", "hold: everything") },
			held:   []string{"settings"},
		},
		"a new component": {
			reason: "what was never good is left out",
			edit: func(h *history) {
				h.write("ci-operator/config/o/r/o-r-main.yaml", "nonsense: true\n")
			},
			held: []string{"component o/r"},
		},
		"a stray file": {
			reason: "a file that belongs nowhere holds nothing but itself",
			edit:   func(h *history) { h.write("ci-operator/config/notes.yaml", "a: b\n") },
			held:   []string{"file ci-operator/config/notes.yaml"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t)
			h.commit()
			h.mustHold()
			before := maps.Clone(h.files)
			c.edit(h)
			h.edit(imagesConfig, "memory: ", "memory:  ") // which nobody needs
			if problems := h.commit(); !schema.HasErrors(problems) {
				t.Fatal("there are no problems")
			}
			h.mustHold(c.held...)
			if h.inForce(imagesConfig) != string(h.files[imagesConfig].Data) {
				t.Errorf("%s: a unit without problems is held", c.reason)
			}
			h.files = before
			if problems := h.commit(); len(problems) > 0 {
				t.Errorf("mended: %v", problems)
			}
			h.mustHold()
		})
	}
}

func TestUnitsAreMendedOneByOne(t *testing.T) {
	h := newHistory(t)
	h.commit()
	h.edit(serverConfig, "as: unit", "az: unit")
	h.edit(operatorConfig, "as: unit", "az: unit")
	h.commit()
	h.mustHold("component acme/widget-operator", "component acme/widget-server")
	good := h.valid.Held[0].From
	h.edit(serverConfig, "az: unit", "as: unit")
	h.commit()
	h.mustHold("component acme/widget-operator")
	if h.valid.Held[0].From != good {
		t.Error("a unit that stays broken is not from where it was")
	}
	h.edit(operatorConfig, "az: unit", "as: units")
	h.commit()
	h.mustHold()
}

func TestSettingsCanHoldRevisionsWhole(t *testing.T) {
	h := newHistory(t)
	h.edit("drover.yaml", "hold: unit", "hold: revision")
	h.commit()
	before := h.valid
	h.edit(serverConfig, "as: unit", "az: unit")
	if problems := h.commit(); len(problems) == 0 || h.valid != before {
		t.Errorf("the revision was admitted, with %d problems", len(problems))
	}
	h.write("drover.yaml", "hold: revisions\n")
	h.commit()
	if h.valid != before {
		t.Error("settings that cannot be read let through what the last ones hold")
	}
}

func TestWithoutSettingsNothingIsAdmitted(t *testing.T) {
	h := newHistory(t)
	h.write("drover.yaml", "paths: [\n")
	if problems := h.commit(); len(problems) == 0 || h.valid != nil {
		t.Errorf("admitted, with %d problems", len(problems))
	}
}

func TestHeldSettingsSayWhereThingsAre(t *testing.T) {
	h := newHistory(t)
	h.commit()
	h.edit("drover.yaml", "hold: unit", "paths: {config: elsewhere}\nunknown: 1")
	h.commit()
	h.mustHold("settings")
	if h.valid.Repo.Configs.Len() != 6 {
		t.Errorf("%d configurations, want 6", h.valid.Repo.Configs.Len())
	}
}

func TestWhatOnlyMakingShowsHoldsItsUnit(t *testing.T) {
	h := newHistory(t)
	h.commit()
	bad := "kind: \"\"\n"
	h.write("clusters/common/bad.yaml", bad)
	looks := func(_ *rules.Valid) []schema.Problem {
		return []schema.Problem{{File: "clusters/common/bad.yaml", Rule: "manifest", Message: "no kind"}}
	}
	h.commit(func(_ context.Context, valid *rules.Valid) ([]schema.Problem, error) {
		if content, _ := valid.Repo.Read("clusters/common/bad.yaml"); string(content) == bad {
			return looks(valid), nil
		}
		return nil, nil
	})
	h.mustHold("manifests clusters/common")
	if slices.ContainsFunc(h.valid.Repo.Files, func(f repolayout.Raw) bool { return strings.HasSuffix(f.Path, "bad.yaml") }) {
		t.Error("the new file of a held folder is in force")
	}
}

// TestWhatIsInForceIsValidAndAsNewAsCanBe goes through random edits, most of
// which break something, and compares what is in force with its files put
// together by hand and looked at from nothing.
func TestWhatIsInForceIsValidAndAsNewAsCanBe(t *testing.T) {
	for seed := range seeds(t, 5) {
		h := newHistory(t)
		h.commit()
		original, good := maps.Clone(h.files), maps.Clone(h.files)
		random := rand.New(rand.NewPCG(seed, 5))
		for round := range 12 {
			for range 1 + random.IntN(4) {
				randomEdit(h, random, original, round)
			}
			h.commit()
			good = h.mustBeBest(seed, round, good)
		}
		h.files = maps.Clone(original)
		if problems := h.commit(); len(problems) > 0 {
			t.Errorf("seed %d: all is mended, but: %v", seed, problems)
		}
		h.mustHold()
	}
}

// seeds gives a few seeds; if DROVER_SOAK is set, as many as can be gone through
// in that time.
func seeds(t *testing.T, few uint64) iter.Seq[uint64] {
	t.Helper()
	soak, err := time.ParseDuration(os.Getenv("DROVER_SOAK"))
	return func(yield func(uint64) bool) {
		end := time.Now().Add(soak)
		for seed := uint64(0); seed < few || err == nil && time.Now().Before(end); seed++ {
			if !yield(seed) {
				return
			}
			if err == nil && seed%100 == 99 {
				t.Logf("%d histories", seed+1)
			}
		}
	}
}

// mustBeBest compares, given the files that were in force before, and gives
// those that are.
func (h *history) mustBeBest(seed uint64, round int, before fstest.MapFS) fstest.MapFS {
	h.t.Helper()
	held := map[rules.Unit]bool{}
	for _, each := range h.valid.Held {
		held[each.Unit] = true
	}
	now := h.without(held, before)
	if problems := h.problems(now); schema.HasErrors(problems) {
		h.t.Fatalf("seed %d, round %d: what is in force is not valid: %v\nheld %v", seed, round, problems, held)
	}
	h.mustReadAs(now)
	for u := range held {
		fewer := maps.Clone(held)
		delete(fewer, u)
		if problems := h.problems(h.without(fewer, before)); !schema.HasErrors(problems) {
			h.t.Fatalf("seed %d, round %d: %s is held and need not be (%v)", seed, round, u, h.valid.Held)
		}
	}
	return now
}

// without puts the files together that are in force with some units held.
func (h *history) without(held map[rules.Unit]bool, before fstest.MapFS) fstest.MapFS {
	files := fstest.MapFS{}
	for path, file := range h.files {
		if !held[h.valid.Repo.UnitOf(path)] {
			files[path] = file
		}
	}
	for path, file := range before {
		if held[h.valid.Repo.UnitOf(path)] {
			files[path] = file
		}
	}
	return files
}

func (h *history) problems(files fstest.MapFS) []schema.Problem {
	h.t.Helper()
	repo, err := repolayout.Load(h.t.Context(), repolayout.FromFS(files), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	_, problems := rules.AdmitWhole(h.t.Context(), nil, repo)
	return problems
}

// mustReadAs compares the repository in force with one loaded from files.
func (h *history) mustReadAs(files fstest.MapFS) {
	h.t.Helper()
	want, err := repolayout.Load(h.t.Context(), repolayout.FromFS(files), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	got := h.valid.Repo
	if diff := cmp.Diff(listing(want), listing(got)); diff != "" {
		h.t.Fatalf("documents (-want +got):\n%s", diff)
	}
	for path := range files {
		if string(files[path].Data) != h.inForce(path) && !strings.HasSuffix(path, "OWNERS") {
			h.t.Fatalf("%s does not read as it is in force", path)
		}
	}
}

func listing(repo *repolayout.Repo) []string {
	all := []string{repo.Settings.ID.String(), repo.Profiles.ID.String(), repo.Quotas.ID.String(), repo.Dispatch.ID.String()}
	for doc := range repo.Configs.All() {
		all = append(all, doc.Path+" "+doc.ID.String())
	}
	for _, doc := range repo.Refs {
		all = append(all, doc.Path+" "+doc.ID.String())
	}
	for _, doc := range repo.Chains {
		all = append(all, doc.Path+" "+doc.ID.String())
	}
	for _, doc := range repo.Workflows {
		all = append(all, doc.Path+" "+doc.ID.String())
	}
	for _, file := range slices.Concat(repo.Jobs, repo.Files) {
		all = append(all, file.Path)
	}
	return all
}

// randomEdit changes, breaks, adds, removes or mends something.
func randomEdit(h *history, random *rand.Rand, original fstest.MapFS, round int) {
	replace := func(path, from, to string) {
		if file := h.files[path]; file != nil {
			h.write(path, strings.ReplaceAll(string(file.Data), from, to))
		}
	}
	config := []string{serverConfig, operatorConfig, imagesConfig}[random.IntN(3)]
	switch random.IntN(12) {
	case 0:
		replace(config, "as: unit", "az: unit")
	case 1:
		replace(config, "memory: 2", "memory: 3")
	case 2:
		replace(config, "workflow: widget-e2e", "workflow: widget-new")
	case 3:
		h.write("ci-operator/step-registry/widget/new/widget-new-workflow.yaml",
			strings.ReplaceAll(string(original[workflowFile].Data), "widget-e2e", "widget-new"))
	case 4:
		delete(h.files, workflowFile)
	case 5:
		replace(deployChain, "ref: widget-deploy", "ref: widget-deplyo")
	case 6:
		replace(quotas, []string{"gcp", "aws", "widget-licence"}[random.IntN(3)]+"-quota-slice:", "other-quota-slice:")
	case 7:
		replace("drover.yaml", "hold: unit", "hold: some")
	case 8:
		delete(h.files, config)
	case 9:
		h.write("clusters/common/more.yaml", strings.Repeat("# more\n", round))
	case 10:
		replace("ci-operator/step-registry/ipi/install/ipi-install-ref.yaml", "as: ipi-install", "as: ipi-uninstall")
	case 11:
		paths := slices.Sorted(maps.Keys(original))
		for range 20 {
			path := paths[random.IntN(len(paths))]
			h.files[path] = original[path]
		}
	}
}
