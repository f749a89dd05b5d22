// Package badrepo gives tests the broken repositories of fixtures/bad. Each
// breaks one rule, after which its folder is named. Beside its files are
// want.txt, the problems that it must give, and mend.patch, the smallest change
// after which it gives none: together they are the rule's example.
package badrepo
