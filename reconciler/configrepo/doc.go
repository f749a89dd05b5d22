// Package configrepo keeps what Drover says about a release repository in a cluster: the ConfigRepo object, with a
// status that kubectl shows.
//
//	NAME      REVISION   APPLIED    READY   PROBLEMS   AGE   MESSAGE
//	release   9ab1e7…    4f0c21…    False   2          3d    revision 9ab1e7… has 2 problems
//
// The specification is people's and is only read here, but for the object that `drover up` makes where there is none.
// The status is Drover's: a [Writer] writes it, only when it differs from what was written before, and tells each change
// of a condition with an Event. Conditions do not flap: their time of transition changes with their status alone, and a
// condition that a report says nothing about stays what it was.
//
// The package never reads a repository and never decides anything: what it writes has been found out elsewhere.
package configrepo
