package dispatch

import "hash/fnv"

// picker chooses a cluster for a job file; none of none.
type picker func(candidates farm, file string) string

// byLength chooses as today's dispatcher does.
func byLength(candidates farm, file string) string {
	if len(candidates) == 0 {
		return ""
	}
	return candidates[len(file)%len(candidates)].name
}

// byTickets chooses the cluster with the ticket for which the file draws the
// highest number. What it draws for one ticket depends on no other, which is
// why a choice stands until its cluster is gone or a ticket comes that is
// better still.
func byTickets(candidates farm, file string) string {
	winner, highest := "", uint64(0)
	key := hash(file)
	for _, c := range candidates {
		for _, ticket := range c.tickets {
			if number := mix(key ^ ticket); winner == "" || number > highest {
				winner, highest = c.name, number
			}
		}
	}
	return winner
}

// tickets are a cluster's. Of two capacities, the larger has all tickets of the
// smaller one.
func tickets(name string, capacity int) []uint64 {
	first := hash(name)
	all := make([]uint64, 0, max(capacity, 0))
	for range capacity {
		first += stride
		all = append(all, mix(first))
	}
	return all
}

// stride is 2^64 divided by the golden ratio: multiples of it are far from each
// other.
const stride = 0x9e3779b97f4a7c15

func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return mix(h.Sum64())
}

// mix makes each bit depend on all, by the constants of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
