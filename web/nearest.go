package web

import (
	"cmp"
	"slices"
	"strings"
)

// maxNearest is how many names are suggested.
const maxNearest = 5

// nearest gives the names that are most like one that does not exist, the best
// first: those with the fewest letters to change, or that have it in them.
func nearest(name string, names []string) []string {
	if len(name) > maxQuery {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	for _, other := range names {
		d := distance(name, other, max(len(name)/3, 2))
		switch {
		case d >= 0:
			found = append(found, candidate{other, d})
		case len(name) > 3 && strings.Contains(other, name):
			found = append(found, candidate{other, len(other)})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var best []string
	for _, c := range found[:min(len(found), maxNearest)] {
		best = append(best, c.name)
	}
	return best
}

// distance is how many bytes have to be added, taken away or changed; -1 where
// they are more than most.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return -1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	if row[len(b)] > most {
		return -1
	}
	return row[len(b)]
}
