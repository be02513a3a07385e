package deflate

// A block is a stretch of the input that is written with one code.
type block struct {
	from, to int // of the input
	steps    []step
	counts   *counts
	bits     int // what it takes
}

func (p *parser) newBlock(from, to int, steps []step) block {
	b := block{from: from, to: to, steps: steps, counts: count(p.data[from:to], steps)}
	b.bits = newCode(b.counts).size(b.counts)
	return b
}

// What is gained by more of them is some tens of bytes in a megabyte.
const (
	rounds     = 2 // of dividing into blocks
	turns      = 4 // of code and way in each round
	pieceBytes = 1 << 11
)

// blocks finds ways and blocks in turns: where blocks begin depends on the
// steps in them, and the cheapest steps depend on the block's code.
func (p *parser) blocks() []block {
	steps := p.cheapest(0, len(p.data), guess(), nil)
	var blocks []block
	for range rounds {
		blocks = p.divided(steps)
		steps = steps[:0:0]
		for i := range blocks {
			blocks[i] = p.improved(blocks[i])
			steps = append(steps, blocks[i].steps...)
		}
	}
	return blocks
}

// guess are prices before anything is known.
func guess() *prices {
	p := new(prices)
	for i := range p.literal {
		p.literal[i] = 7
	}
	for n := range p.length {
		if n >= minCopyBytes {
			p.length[n] = 5 + float32(lengthExtra(lengthSymbol(n)))
		}
	}
	for s := range p.distance {
		p.distance[s] = 5 + float32(distanceExtra(s))
	}
	return p
}

// improved takes the cheapest way under the block's own code, and again, as
// long as it gains.
func (p *parser) improved(b block) block {
	for range turns {
		next := p.newBlock(b.from, b.to, p.cheapest(b.from, b.to, b.counts.prices(), nil))
		if next.bits >= b.bits {
			break
		}
		b = next
	}
	return b
}

// divided cuts steps into small pieces, and joins neighbours as long as one
// code for both takes fewer bits than two.
func (p *parser) divided(steps []step) []block {
	var all []block
	for from, to, begin, i := 0, 0, 0, 0; i < len(steps); i++ {
		if to += int(steps[i].length); to-from >= pieceBytes || i == len(steps)-1 {
			all = append(all, p.newBlock(from, to, steps[begin:i+1:i+1]))
			from, begin = to, i+1
		}
	}
	if len(all) == 0 {
		return []block{p.newBlock(0, 0, nil)}
	}
	joined := make([]block, len(all)) // each with the one behind it
	for i := range len(all) - 1 {
		joined[i] = p.join(all[i], all[i+1])
	}
	for {
		best, gain := 0, 0
		for i := range len(all) - 1 {
			if g := all[i].bits + all[i+1].bits - joined[i].bits; g > gain {
				best, gain = i, g
			}
		}
		if gain == 0 {
			return all
		}
		all[best] = joined[best]
		all = append(all[:best+1], all[best+2:]...)
		joined = append(joined[:best+1], joined[best+2:]...)
		if best > 0 {
			joined[best-1] = p.join(all[best-1], all[best])
		}
		if best+1 < len(all) {
			joined[best] = p.join(all[best], all[best+1])
		}
	}
}

func (p *parser) join(a, b block) block {
	c := new(counts)
	for i := range c.symbol {
		c.symbol[i] = a.counts.symbol[i] + b.counts.symbol[i]
	}
	c.symbol[endSymbol] = 1
	for i := range c.distance {
		c.distance[i] = a.counts.distance[i] + b.counts.distance[i]
	}
	return block{a.from, b.to, append(a.steps[:len(a.steps):len(a.steps)], b.steps...), c, newCode(c).size(c)}
}

// A code is what a block's head tells: how many bits each symbol has, told in
// a code of its own.
type code struct {
	symbols, distances []byte // lengths in bits; what is not used at the end is cut
	told               []told
	tellers            []byte // lengths in bits of the symbols of told
	tellerCount        int
}

// told is one symbol of the head: a length, or that one is repeated.
type told struct {
	symbol byte
	extra  uint32
	bits   uint
}

const (
	tellerSymbols = 19
	repeatLast    = 16 // 3 to 6 times
	repeatZero    = 17 // 3 to 10
	repeatZeros   = 18 // 11 to 138
	minSymbols    = 257
	minTellers    = 4
)

// tellerOrder is the order in which the lengths of the head's own code are written.
var tellerOrder = [tellerSymbols]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func newCode(c *counts) *code {
	k := &code{symbols: codeLengths(c.symbol[:], 15), distances: codeLengths(c.distance[:], 15)}
	cut := func(lengths []byte, least int) []byte {
		for len(lengths) > least && lengths[len(lengths)-1] == 0 {
			lengths = lengths[:len(lengths)-1]
		}
		return lengths
	}
	k.symbols, k.distances = cut(k.symbols, minSymbols), cut(k.distances, 1)
	k.tell(append(append(make([]byte, 0, literalSymbols+distanceSymbols), k.symbols...), k.distances...))
	var used [tellerSymbols]int
	for _, t := range k.told {
		used[t.symbol]++
	}
	k.tellers = codeLengths(used[:], 7)
	k.tellerCount = tellerSymbols
	for k.tellerCount > minTellers && k.tellers[tellerOrder[k.tellerCount-1]] == 0 {
		k.tellerCount--
	}
	return k
}

// tell writes lengths with their repetitions.
func (k *code) tell(lengths []byte) {
	for len(lengths) > 0 {
		n, v := 1, lengths[0]
		for n < len(lengths) && lengths[n] == v {
			n++
		}
		lengths = lengths[n:]
		if v != 0 {
			k.told = append(k.told, told{symbol: v})
			n--
		}
		for n >= 3 {
			switch {
			case v != 0:
				m := min(n, 6)
				k.told = append(k.told, told{repeatLast, uint32(m - 3), 2})
				n -= m
			case n <= 10:
				k.told = append(k.told, told{repeatZero, uint32(n - 3), 3})
				n = 0
			default:
				m := min(n, 138)
				k.told = append(k.told, told{repeatZeros, uint32(m - 11), 7})
				n -= m
			}
		}
		for range n {
			k.told = append(k.told, told{symbol: v})
		}
	}
}

// size is what a block of such counts takes, in bits.
func (k *code) size(c *counts) int {
	n := 3 + 5 + 5 + 4 + 3*k.tellerCount
	for _, t := range k.told {
		n += int(k.tellers[t.symbol]) + int(t.bits)
	}
	for s, l := range k.symbols {
		n += c.symbol[s] * int(l)
		if s > endSymbol {
			n += c.symbol[s] * int(lengthExtra(s))
		}
	}
	for s, l := range k.distances {
		n += c.distance[s] * (int(l) + int(distanceExtra(s)))
	}
	return n
}

// block writes a block with its head.
func (w *writer) block(b block, data []byte, last bool) {
	k := newCode(b.counts)
	final := uint32(0)
	if last {
		final = 1
	}
	w.write(final|2<<1, 3)
	w.write(uint32(len(k.symbols)-minSymbols), 5)
	w.write(uint32(len(k.distances)-1), 5)
	w.write(uint32(k.tellerCount-minTellers), 4)
	for _, s := range tellerOrder[:k.tellerCount] {
		w.write(uint32(k.tellers[s]), 3)
	}
	tellers := codes(k.tellers)
	for _, t := range k.told {
		w.write(tellers[t.symbol], uint(k.tellers[t.symbol]))
		w.write(t.extra, t.bits)
	}
	symbols, distances := codes(k.symbols), codes(k.distances)
	for _, s := range b.steps {
		if s.distance == 0 {
			w.write(symbols[data[0]], uint(k.symbols[data[0]]))
		} else {
			l, d := lengthSymbol(int(s.length)), distanceSymbol(int(s.distance))
			w.write(symbols[l], uint(k.symbols[l]))
			w.write(below(int(s.length)-minCopyBytes, lengthExtra(l)), lengthExtra(l))
			w.write(distances[d], uint(k.distances[d]))
			w.write(below(int(s.distance)-1, distanceExtra(d)), distanceExtra(d))
		}
		data = data[s.length:]
	}
	w.write(symbols[endSymbol], uint(k.symbols[endSymbol]))
}

// below are the lowest n bits of v: the steps of lengths and distances begin
// where those are zero.
func below(v int, n uint) uint32 { return uint32(v) & (1<<n - 1) }
