package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/drover-ci/drover/reconciler"
)

// announcement tells, once, what runs where. It waits for the first pass, so
// that what it says is true.
type announcement struct {
	system *system
	once   sync.Once
}

func newAnnouncement(s *system) *announcement { return &announcement{system: s} }

// after gives a reporter that announces after its first report of a pass that
// came to an end, or was not made because people had said to suspend.
func (a *announcement) after(reporter reconciler.Reporter) reconciler.Reporter {
	return reconciler.ReporterFunc(func(ctx context.Context, status reconciler.Status) error {
		err := reporter.Report(ctx, status)
		if status.Stage == reconciler.Done || status.Refused || status.Orders.Suspend {
			a.once.Do(func() { err = errors.Join(err, a.announce(status)) })
		}
		return err
	})
}

func (a *announcement) announce(status reconciler.Status) error {
	s := a.system
	url := "http://" + s.listener.Addr().String()
	err := s.data.writeEndpoints(endpoints{
		Resolver: url, Leases: s.leases.url(), Pages: url, Kubeconfig: s.cluster.kubeconfig, Repo: s.repo, PID: os.Getpid(),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out.stdout, welcome,
		outcome(status), s.repo, s.source.Branch(), s.cluster.kubeconfig, url, url, s.leases.url(), s.data.dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out.stdout, suggestions, s.repo, s.repo, url)
	return err
}

func outcome(status reconciler.Status) string {
	switch {
	case status.Stage == reconciler.Done:
		return fmt.Sprintf("revision %s is in force: %s", status.Applied.Short(), status.Changes)
	case status.Err != nil:
		return status.Err.Error()
	default:
		return "it is suspended, so that nothing is done but serving what is in force"
	}
}

const welcome = `
Drover is up: %s

  repository   %s (branch %s)
  cluster      export KUBECONFIG=%s
  pages        %s
  resolver     %s
  leases       %s
  data         %s
`

const suggestions = `
Three things to try:

  1. Change a quota, and see the cluster follow:
       cd %s
       sed -i 's/^    us-east-1: 12/    us-east-1: 14/' core-services/boskos/quotas.yaml && git commit -am 'More AWS'
       drover lease list aws-quota-slice
  2. Break a configuration, and see that nothing happens but a message:
       cd %s
       sed -i 's/as: unit/az: unit/' ci-operator/config/*/*/*-main.yaml && git commit -am 'Oops'
       kubectl describe configrepo -n drover-system release; git revert --no-edit HEAD
  3. Ask for what a running job gets:
       curl '%s/config?org=acme&repo=widget-server&branch=main'

Ctrl-C ends everything.
`
