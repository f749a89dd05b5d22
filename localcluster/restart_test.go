package main_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestKilledItKeepsEverything(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	p, before := start(t, data)
	client := newClient(t, before)
	written := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}, Data: map[string]string{"a": "b"}}
	if _, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), written, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGKILL)

	_, after := start(t, data)
	if after.Server != before.Server {
		t.Errorf("server: was %s, is %s", before.Server, after.Server)
	}
	// The client of before: its keys and its address must still be good.
	read, err := client.CoreV1().ConfigMaps("default").Get(t.Context(), "kept", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if read.Data["a"] != "b" {
		t.Errorf("data: %v", read.Data)
	}
}

func TestKilledWhileStartingItStarts(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	for _, file := range []string{"port", "pki/server.pem", "etcd.sock", "etcd.new/member/wal", "etcd/member/wal"} {
		p := begin(t, program, "--data", data)
		awaitFile(t, filepath.Join(data, file), p)
		p.signal(syscall.SIGKILL)
	}
	start(t, data)
}

func TestTakenPortIsReplaced(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	p, before := start(t, data)
	p.signal(syscall.SIGTERM)
	l, err := net.Listen("tcp", strings.TrimPrefix(before.Server, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()

	_, after := start(t, data)
	if after.Server == before.Server {
		t.Errorf("server: %s is taken", after.Server)
	}
	if _, err := newClient(t, after).CoreV1().Namespaces().Get(t.Context(), "default", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

func TestLogBeginsAnew(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	p, r := start(t, data)
	log := filepath.Join(filepath.Dir(r.Kubeconfig), "localcluster.log")
	p.signal(syscall.SIGTERM)
	if err := os.WriteFile(log, []byte("of before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ = start(t, data)
	p.signal(syscall.SIGTERM)
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "of before") || len(content) == 0 {
		t.Errorf("log:\n%.200s", content)
	}
	if noise := p.stderr.String(); noise != "" {
		t.Errorf("standard error:\n%s", noise)
	}
}
