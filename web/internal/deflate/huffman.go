package deflate

import (
	"cmp"
	"math/bits"
	"slices"
)

// codeLengths finds the lengths, in bits and at most limit, of the code that
// writes symbols of these counts in the fewest bits. A symbol without a count
// gets none. The method is package-merge (Larmore and Hirschberg 1990): row
// after row, the symbols are merged by weight with pairs of the row before. In
// the last row the cheapest items are taken, and what they are made of in the
// rows before; a symbol's length is the number of rows in which it is taken.
func codeLengths(counts []int, limit int) []byte {
	lengths := make([]byte, len(counts))
	symbols := make([]int, 0, len(counts)) // those with counts, the lightest first
	for s, n := range counts {
		if n > 0 {
			symbols = append(symbols, s)
		}
	}
	if len(symbols) <= 2 { // a decoder wants one bit at least
		for _, s := range symbols {
			lengths[s] = 1
		}
		return lengths
	}
	slices.SortFunc(symbols, func(a, b int) int { return cmp.Or(counts[a]-counts[b], a-b) })
	rows := make([][]bool, limit) // whether an item is a symbol
	var weights, before []int
	for r := range rows {
		rows[r] = make([]bool, 0, 2*len(symbols))
		weights, before = before[:0], weights
		for s, pair := 0, 0; s < len(symbols) || pair+1 < len(before); {
			if pair+1 >= len(before) || s < len(symbols) && counts[symbols[s]] <= before[pair]+before[pair+1] {
				weights = append(weights, counts[symbols[s]])
				rows[r] = append(rows[r], true)
				s++
			} else {
				weights = append(weights, before[pair]+before[pair+1])
				rows[r] = append(rows[r], false)
				pair += 2
			}
		}
	}
	taken := 2*len(symbols) - 2
	for r := limit - 1; r >= 0; r-- {
		s := 0
		for _, isSymbol := range rows[r][:taken] {
			if isSymbol {
				lengths[symbols[s]]++
				s++
			}
		}
		taken = 2 * (taken - s)
	}
	return lengths
}

// codes are the bits of each symbol, as they are written: the first bit lowest.
func codes(lengths []byte) []uint32 {
	var next [16]uint32
	for _, n := range lengths {
		if n > 0 && n < 15 {
			next[n+1]++
		}
	}
	for n := 1; n < 16; n++ {
		next[n] = (next[n-1] + next[n]) << 1
	}
	all := make([]uint32, len(lengths))
	for s, n := range lengths {
		if n > 0 {
			all[s] = bits.Reverse32(next[n]) >> (32 - n)
			next[n]++
		}
	}
	return all
}
