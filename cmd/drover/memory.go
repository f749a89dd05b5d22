package main

import (
	"os"
	"runtime/debug"
)

// thriftyPercent is how much garbage a server may pile up, in percent of what it
// holds, instead of a hundred. Answering makes little garbage, so that it costs
// little time, and saves a third of the memory.
const thriftyPercent = 40

// saveMemory is for commands that run for long, once they have started: a start
// makes much garbage in little time. GOGC in the environment overrides it.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(thriftyPercent)
	}
}
