// Package longlist holds sorted lists that are long, and of which one version
// after another is made that is nearly the same: the configurations of a
// repository, say, commit by commit.
//
// A list never changes. It is a tree of parts, as a B-tree is; the next version
// has anew the parts that lead to what is another, and shares all others. So a
// change touches few of them, and so does finding out what two versions do not
// have in common, however long the lists are.
package longlist
