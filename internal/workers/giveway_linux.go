package workers

import "syscall"

func giveWay() {
	_, _, _ = syscall.Syscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) //nolint:dogsled // it gives no error
}
