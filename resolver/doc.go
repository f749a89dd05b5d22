// Package resolver turns a configuration, whose tests name workflows, chains
// and steps of the step registry, into one whose tests spell every step out.
//
// A [Registry] is built once from the decoded components. Building it expands
// every chain and workflow and checks the graph: what is named exists, no chain
// contains itself, no override is for nothing. [Registry.Resolve] then merges a
// test with its workflow and applies its values to the steps. All problems are
// given at once, as plain data ([Finding]): which component, which field in it,
// and by which way it was reached. Positions in files are the caller's business.
//
// # Sharing
//
// Most of a resolved configuration is the same as most of another: the same
// steps with the same scripts. A [Step] is therefore one immutable value for
// all tests in which it comes out the same, and its JSON (and that JSON's
// compressed form) is made once. A [Resolved] holds pointers to steps, and
// writing it copies finished pieces one after another. Registry and resolved
// configurations may be used by any number of goroutines.
//
// # Who depends on what
//
// A [Catalog] knows which tests depend on which components ([Catalog.Dependents]).
// It is what pages ask who uses something, and what [Catalog.Next] asks whom a
// changed step, chain, workflow, observer or profile reaches: these configurations
// it resolves again, and no others. Where nothing but the text of commands is another,
// it resolves none: catalogs share the entries, and [Catalog.Resolved] finds out what
// they come to when it is asked.
//
// # Order of values
//
// A step's parameter takes the first value that is given by, in this order: the
// test, its workflow, the chains from the outermost to the innermost, the
// step's own default. Dependencies likewise. Of DNS settings and node
// architectures the test's comes first, then its workflow's, then the step's; an
// architecture given for that very step comes before them all.
//
// The package never reads a file, a clock or the network, and never changes
// what it is given.
package resolver
