package deflate

import (
	"math"
	"math/bits"
)

// A step is a literal (length 1, distance 0) or a copy.
type step struct{ length, distance uint16 }

// parser holds what is possible at each byte of the input.
type parser struct {
	data    []byte
	matches []match
	first   []int // by place: its first match; one more at the end

	price []float32 // working memory of cheapest: by place
	taken []step
}

func newParser(data []byte) *parser {
	p := &parser{data: data, first: make([]int, len(data)+1), price: make([]float32, len(data)+1), taken: make([]step, len(data)+1)}
	m := newMatcher(data)
	for place := range data {
		p.first[place] = len(p.matches)
		p.matches = m.at(place, p.matches)
	}
	p.first[len(data)] = len(p.matches)
	return p
}

// prices are what symbols and copies cost, in bits.
type prices struct {
	literal  [256]float32
	length   [maxCopyBytes + 1]float32
	distance [distanceSymbols]float32
}

// cheapest appends the way from one place to another that costs least.
func (p *parser) cheapest(from, to int, price *prices, steps []step) []step {
	cost := p.price[from : to+1]
	for i := range cost {
		cost[i] = math.MaxFloat32
	}
	cost[0] = 0
	taken := p.taken[from : to+1]
	for i, left := 0, to-from; left > 0; i, left = i+1, left-1 {
		here := cost[i]
		if c := here + price.literal[p.data[from+i]]; c < cost[i+1] {
			cost[i+1], taken[i+1] = c, step{1, 0}
		}
		length := minCopyBytes
		for _, m := range p.matches[p.first[from+i]:p.first[from+i+1]] {
			c := here + price.distance[distanceSymbol(int(m.distance))]
			for most := min(int(m.length), left); length <= most; length++ {
				if c := c + price.length[length]; c < cost[i+length] {
					cost[i+length], taken[i+length] = c, step{uint16(length), m.distance}
				}
			}
		}
	}
	begin := len(steps)
	for at := to - from; at > 0; at -= int(taken[at].length) {
		steps = append(steps, taken[at])
	}
	for i, k := begin, len(steps)-1; i < k; i, k = i+1, k-1 {
		steps[i], steps[k] = steps[k], steps[i]
	}
	return steps
}

// counts are how often each symbol is used.
type counts struct {
	symbol   [literalSymbols]int // literals, the end, lengths
	distance [distanceSymbols]int
}

func count(data []byte, steps []step) *counts {
	c := new(counts)
	c.symbol[endSymbol] = 1
	for _, s := range steps {
		if s.distance == 0 {
			c.symbol[data[0]]++
		} else {
			c.symbol[lengthSymbol(int(s.length))]++
			c.distance[distanceSymbol(int(s.distance))]++
		}
		data = data[s.length:]
	}
	return c
}

// prices are those of a code made for the counts, in fractions of bits: with
// whole bits the next way would cling to this one.
func (c *counts) prices() *prices {
	p := new(prices)
	var symbols [literalSymbols]float32
	entropies(c.symbol[:], symbols[:])
	entropies(c.distance[:], p.distance[:])
	copy(p.literal[:], symbols[:256])
	for n := minCopyBytes; n <= maxCopyBytes; n++ {
		s := lengthSymbol(n)
		p.length[n] = symbols[s] + float32(lengthExtra(s))
	}
	for s := range p.distance {
		p.distance[s] += float32(distanceExtra(s))
	}
	return p
}

func entropies(counts []int, bits []float32) {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	for i, n := range counts {
		bits[i] = float32(math.Log2(float64(sum+1) / max(float64(n), 0.5)))
	}
}

// The symbols of the format: lengths and distances in steps that double, with
// extra bits for what lies between.
const (
	endSymbol       = 256
	literalSymbols  = 286
	distanceSymbols = 30
	maxLengthSymbol = 285 // 258 bytes, without extra bits
)

func lengthSymbol(n int) int {
	switch {
	case n == maxCopyBytes:
		return maxLengthSymbol
	case n < 11:
		return n + 254
	}
	k := bits.Len(uint(n-3)) - 3
	return 257 + 4*k + (n-3)>>k
}

func lengthExtra(symbol int) uint {
	if symbol < 265 || symbol == maxLengthSymbol {
		return 0
	}
	return uint(symbol-261) / 4
}

func distanceSymbol(d int) int {
	if d < 5 {
		return d - 1
	}
	k := bits.Len(uint(d-1)) - 2
	return 2*k + (d-1)>>k
}

func distanceExtra(symbol int) uint {
	if symbol < 4 {
		return 0
	}
	return uint(symbol-2) / 2
}
