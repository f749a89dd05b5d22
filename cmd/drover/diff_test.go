package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/drover-ci/drover/generators/render"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// diffed is a repository with four targets, all of which are one API server, but
// for one where nobody listens.
type diffed struct {
	t          *testing.T
	namespace  string
	dir        string
	kubeconfig string
}

const diffedSettings = `jobs: {namespace: NS}
targets:
- {name: zebra, context: zebra}
- {name: main}
- {name: build, secret: build}
- {name: away, context: away}
publish:
- {configMap: quotas-main, namespace: NS, files: [core-services/boskos/quotas.yaml], targets: [main]}
- {configMap: quotas-zebra, namespace: NS, files: [core-services/boskos/quotas.yaml], targets: [zebra]}
- {configMap: quotas-build, namespace: NS, files: [core-services/boskos/quotas.yaml], targets: [build]}
- {configMap: quotas-away, namespace: NS, files: [core-services/boskos/quotas.yaml], targets: [away]}
manifests:
- {folder: clusters/login, targets: [zebra]}
`

func newDiffed(t *testing.T) *diffed {
	t.Helper()
	d := &diffed{t: t, namespace: apiServer.Namespace(t), dir: t.TempDir()}
	if err := copySample(d.dir); err != nil {
		t.Fatal(err)
	}
	d.write("drover.yaml", diffedSettings)
	d.write("clusters/login/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: NS}\nstringData: {password: hunter2}\n")
	for i := range 12 {
		d.write(fmt.Sprintf("clusters/login/%d.yaml", i), fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m%d, namespace: NS}\n", i))
	}
	config, err := clientcmd.LoadFromFile(apiServer.Kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	content, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(apiServer.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "build"}, Data: map[string][]byte{secretKey: content}}
	if _, err := client.CoreV1().Secrets(d.namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config.Contexts["zebra"] = config.Contexts[config.CurrentContext]
	config.Clusters["nobody"] = &clientcmdapi.Cluster{Server: "http://127.0.0.1:9"}
	config.Contexts["away"] = &clientcmdapi.Context{Cluster: "nobody"}
	d.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, d.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return d
}

// write writes a file in which NS stands for the namespace.
func (d *diffed) write(path, content string) {
	d.t.Helper()
	path = filepath.Join(d.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "NS", d.namespace)), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// diff runs the command.
func (d *diffed) diff(flags ...string) (stdout, stderr string, code int) {
	d.t.Helper()
	var out, err bytes.Buffer
	args := []string{"diff", "--repo", d.dir, "--kubeconfig", d.kubeconfig, "--namespace", d.namespace, "--owner", d.namespace}
	code = run(d.t.Context(), append(args, flags...), &out, &err)
	return out.String(), err.String(), code
}

// apply puts in force on a target what the repository says.
func (d *diffed) apply(name string) {
	d.t.Helper()
	repo, err := repolayout.Load(d.t.Context(), repolayout.FromFS(os.DirFS(d.dir)), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(d.t.Context(), nil, repo)
	if valid == nil {
		d.t.Fatal(problems)
	}
	rendering, problems, err := render.Render(d.t.Context(), valid, nil)
	if err != nil || rendering == nil {
		d.t.Fatal(problems, err)
	}
	o := opener{home: apiServer.Config(d.t), contexts: contextsIn(d.kubeconfig), namespace: d.namespace, owner: d.namespace}
	all, err := chosen(diffCommand{}.targets(repo.Settings.Value, rendering, o), []string{name})
	if err != nil {
		d.t.Fatal(err)
	}
	target, err := all[0].open(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := target.Apply(d.t.Context(), "r", all[0].objects); err != nil {
		d.t.Fatal(err)
	}
}

// headings are the lines of a diff that say of what it is.
func headings(stdout string) string {
	lines := regexp.MustCompile(`(?m)^(target|\+\+\+|[a-z]+:) .*$`).FindAllString(stdout, -1)
	return strings.Join(lines, "\n")
}

// TestDiffShowsEveryTarget has four of them, of which one does not answer.
func TestDiffShowsEveryTarget(t *testing.T) {
	t.Parallel()
	d := newDiffed(t)
	d.apply("main")
	stdout, stderr, code := d.diff()
	wanted := []string{"target build", "+++ revision ConfigMap NS/quotas-build (drover.yaml)", "target zebra"}
	for _, i := range []int{0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9} {
		wanted = append(wanted, fmt.Sprintf("+++ revision ConfigMap NS/m%d (clusters/login/%d.yaml)", i, i))
	}
	wanted = append(wanted, "+++ revision ConfigMap NS/quotas-zebra (drover.yaml)", "+++ revision Secret NS/login (clusters/login/secret.yaml)")
	if diff := cmp.Diff(strings.ReplaceAll(strings.Join(wanted, "\n"), "NS", d.namespace), headings(stdout)); diff != "" {
		t.Errorf("headings (-want +got):\n%s", diff)
	}
	away := regexp.MustCompile(`^main: 0 would be created, 0 changed, 0 deleted
away: read the inventory: .*connection refused \(tried for 5s\)
build: 1 would be created, 0 changed, 0 deleted
zebra: 14 would be created, 0 changed, 0 deleted
drover: 1 of 4 targets could not be compared
$`)
	if !away.MatchString(stderr) || code != exitFailed {
		t.Errorf("one is away: exit %d:\n%s", code, stderr)
	}
	if strings.Contains(stdout, "hunter2") || strings.Contains(stdout, "aHVudGVyMg") || !strings.Contains(stdout, "password: '*** (after)'") {
		t.Errorf("the password is not masked:\n%s", stdout)
	}

	d.apply("zebra")
	if stdout, stderr, code := d.diff("--target", "zebra"); code != exitFine || stdout != "" || stderr != "0 would be created, 0 changed, 0 deleted\n" {
		t.Errorf("nothing to do: exit %d: %s%s", code, stdout, stderr)
	}
	if _, stderr, code := d.diff("--target", "zebr"); code != exitFailed || stderr != "drover: --target zebr: there is no such target; there are main, away, build, zebra\n" {
		t.Errorf("no such target: exit %d: %s", code, stderr)
	}
}

// TestASecretIsRenewed has somebody put another kubeconfig into a target's Secret.
func TestASecretIsRenewed(t *testing.T) {
	t.Parallel()
	d := newDiffed(t)
	o := opener{home: apiServer.Config(t), namespace: d.namespace, owner: d.namespace}
	spec := schema.Target{Name: "build", Secret: "build"}
	target, err := o.open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if o.renewed(t.Context(), spec, target) {
		t.Error("nothing was changed")
	}
	client, err := kubernetes.NewForConfig(o.home)
	if err != nil {
		t.Fatal(err)
	}
	other := []byte(`{"data": {"kubeconfig": "` + base64.StdEncoding.EncodeToString([]byte(elsewhere)) + `"}}`)
	if _, err := client.CoreV1().Secrets(d.namespace).Patch(t.Context(), "build", types.MergePatchType, other, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if !o.renewed(t.Context(), spec, target) {
		t.Error("another kubeconfig makes no difference")
	}
}

const elsewhere = `clusters: [{name: c, cluster: {server: "https://elsewhere.example.com"}}]
contexts: [{name: x, context: {cluster: c}}]
current-context: x
`

// TestDiffKnowsTheGuards has a revision that deletes much, which the settings
// forbid and then allow.
func TestDiffKnowsTheGuards(t *testing.T) {
	t.Parallel()
	d := newDiffed(t)
	d.apply("zebra")
	for i := range 12 {
		if err := os.Remove(filepath.Join(d.dir, fmt.Sprintf("clusters/login/%d.yaml", i))); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, code := d.diff("--target", "zebra", "--target", "build")
	if code != exitProblems || !strings.Contains(stdout, "\ntarget zebra\nthe revision deletes 12 of the 15 objects that are owned") ||
		stderr != "build: 1 would be created, 0 changed, 0 deleted\nzebra: 1 problem\n" {
		t.Errorf("twelve objects vanish: exit %d: %s%s", code, stdout, stderr)
	}
	d.write("drover.yaml", diffedSettings+"guards: {floor: 12}\n")
	if _, stderr, code := d.diff("--target", "zebra"); code != exitProblems || stderr != "0 would be created, 0 changed, 12 deleted\n" {
		t.Errorf("twelve may vanish: exit %d: %s", code, stderr)
	}
}

// TestDiffRemembersManifests: with what earlier runs remembered it says what it says
// without, whatever changed and whatever became of the cache; of a Secret nothing is
// remembered.
func TestDiffRemembersManifests(t *testing.T) {
	d := newDiffed(t)
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	same := func(what string) {
		t.Helper()
		want, _, _ := d.diff("--target", "zebra", "--no-cache")
		for range 2 {
			if got, stderr, code := d.diff("--target", "zebra"); code != 1 || got != want {
				t.Errorf("%s: exit %d, %s (-without +with a cache):\n%s", what, code, stderr, cmp.Diff(want, got))
			}
		}
	}
	same("at first")
	d.write("clusters/login/3.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m3, namespace: NS}\ndata: {new: value}\n")
	same("one file changed")
	kept, err := filepath.Glob(filepath.Join(cache, "drover", "memo", "*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v: %v", kept, err)
	}
	content, err := os.ReadFile(kept[0])
	if err != nil || !bytes.Contains(content, []byte("ConfigMap")) || bytes.Contains(content, []byte("hunter2")) {
		t.Errorf("%d bytes are kept, with a Secret or without a ConfigMap: %v", len(content), err)
	}
	for what, damaged := range map[string][]byte{
		"cut short": content[:len(content)/2], "a bit flipped": append([]byte{content[0] ^ 1}, content[1:]...), "empty": nil,
	} {
		if err := os.WriteFile(kept[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		same(what)
	}
}
