package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Suggest gives the candidate that a misspelt name most likely means, or ""
// when none is close: at most a third of the name may differ.
func Suggest(name string, candidates []string) string {
	best, least := "", len(name)/3+1
	for _, candidate := range candidates {
		if distance := editDistance(name, candidate, least); distance < least || (distance == least && best == "") {
			best, least = candidate, distance
		}
	}
	return best
}

// DidYouMean is Suggest as the end of a message: `; did you mean "x"?`, or
// nothing.
func DidYouMean(name string, candidates []string) string {
	if best := Suggest(name, candidates); best != "" {
		return "; did you mean " + quote(best) + "?"
	}
	return ""
}

func unknownField(name string, known []string) string {
	message := "the field is not known (found " + quote(name)
	if best := Suggest(name, known); best != "" {
		return message + ", want one that there is); did you mean " + quote(best) + "?"
	}
	const most = 12
	sorted := slices.Sorted(slices.Values(known))
	if len(sorted) > most {
		return message + fmt.Sprintf(", want one of the %d that drover explain lists)", len(sorted))
	}
	return message + ", want one of " + strings.Join(sorted, ", ") + ")"
}

// editDistance counts the insertions, deletions, substitutions and swaps of
// neighbours that turn a into b. Beyond limit it may stop at any greater
// number.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	beforeLast, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], beforeLast[j-2]+1)
			}
		}
		beforeLast, last = last, row
	}
	return last[len(b)]
}
