package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	_, r := start(t, data)

	admin := restConfig(t, r)
	for name, config := range map[string]*rest.Config{
		"anonymous":   rest.AnonymousClientConfig(admin),
		"false token": withToken(rest.AnonymousClientConfig(admin), "not-a-token"),
	} {
		t.Run(name, func(t *testing.T) {
			client := kubernetes.NewForConfigOrDie(config)
			if _, err := client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{}); !apierrors.IsUnauthorized(err) {
				t.Errorf("list namespaces: got %v, want Unauthorized", err)
			}
			if err := client.RESTClient().Get().AbsPath("/readyz").Do(t.Context()).Error(); !apierrors.IsUnauthorized(err) {
				t.Errorf("get /readyz: got %v, want Unauthorized", err)
			}
		})
	}
	for path, want := range map[string]fs.FileMode{
		data:                                    0o700,
		r.Kubeconfig:                            0o600,
		filepath.Join(data, "localcluster.log"): 0o600,
		filepath.Join(data, "pki"):              0o700,
		filepath.Join(data, "pki", "admin.pem"): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s: mode %o, want %o", path, info.Mode().Perm(), want)
		}
	}
}

func withToken(config *rest.Config, token string) *rest.Config {
	config.BearerToken = token
	return config
}

func TestItSaysWhichKubernetesItIs(t *testing.T) {
	t.Parallel()
	_, r := start(t, dataFolder(t), "--kubeconfig", filepath.Join(t.TempDir(), "elsewhere"))
	if filepath.Base(r.Kubeconfig) != "elsewhere" {
		t.Errorf("kubeconfig: %s", r.Kubeconfig)
	}
	version, err := newClient(t, r).Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.GitVersion != "v1.36.3" || version.Major != "1" || version.Minor != "36" {
		t.Errorf("version: %+v", version)
	}
}
