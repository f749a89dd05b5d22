package main

import (
	"errors"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
)

// apiServer is the API server of tests that need one.
var apiServer testcluster.Shared

// withCluster runs the tests, and ends the API server if one of them started it.
type withCluster struct{ m *testing.M }

// Run implements [testscript.TestingM].
func (w withCluster) Run() int { return apiServer.Run(w.m) }

// TestLeaseScripts runs `drover lease` against a server of its own for each
// script, with one resource of type slice, and one of the dynamic type pool.
func TestLeaseScripts(t *testing.T) {
	apiServer.Kubeconfig(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/lease",
		Setup: func(env *testscript.Env) error {
			tb, isTB := env.T().(testing.TB)
			if !isTB {
				return errors.New("the script's test is none of package testing")
			}
			s := testleases.Start(tb, &apiServer, testleases.Options{Config: &leases.Config{Resources: []leases.Entry{
				{Type: "slice", State: leases.Free, Names: []string{"slice-0"}}, {Type: "pool", State: leases.Free, MinCount: 1, MaxCount: 3},
			}}})
			s.Until("everything is there", func() bool { return len(s.Stored()) == 2 })
			env.Setenv("DROVER_LEASES", s.URL)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"eventually": eventually},
	})
}

// eventually runs a program until it prints what a pattern matches.
func eventually(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(time.Minute); ; {
		command := exec.Command(args[1], args[2:]...)
		command.Dir = ts.MkAbs(".")
		command.Env = append(command.Environ(), "DROVER_LEASES="+ts.Getenv("DROVER_LEASES"))
		output, _ := command.CombinedOutput()
		switch {
		case want.Match(output):
			return
		case time.Now().After(deadline):
			ts.Fatalf("%v never printed %s:\n%s", args[1:], want, output)
		}
		<-time.After(20 * time.Millisecond)
	}
}
