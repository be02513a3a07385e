package deflate

import "encoding/binary"

// The format's limits.
const (
	minCopyBytes = 3
	maxCopyBytes = 258
	windowBytes  = 1 << 15
)

// A match is a copy that is possible at some byte: of up to length bytes from
// distance bytes before.
type match struct{ length, distance uint16 }

// matcher finds them, byte after byte. The places with the same four bytes are
// a binary tree sorted by what follows, the newest at the root; a walk down
// meets the nearest place of each length, and puts the new root in.
type matcher struct {
	data   []byte
	root   []int32 // by the hash of four bytes: place + 1
	third  []int32 // by three bytes: the newest place + 1
	branch []int32 // two for each place of the window
}

const (
	rootBits  = 16
	thirdBits = 15
	maxDepth  = 64 // of a walk; older places are seldom worth their distance
)

func newMatcher(data []byte) *matcher {
	return &matcher{data, make([]int32, 1<<rootBits), make([]int32, 1<<thirdBits), make([]int32, 2*windowBytes)}
}

// at appends the matches at a place, longer ones later and farther away. It
// must be called for each place in turn.
func (m *matcher) at(place int, found []match) []match {
	left := m.data[place:]
	if len(left) < 4 {
		return found
	}
	word := binary.LittleEndian.Uint32(left)
	best := minCopyBytes - 1
	third := &m.third[word<<8*0x9e3779b1>>(32-thirdBits)]
	if near := int(*third) - 1; near >= 0 && place-near <= windowBytes && word<<8 == binary.LittleEndian.Uint32(m.data[near:])<<8 {
		found = append(found, match{minCopyBytes, uint16(place - near)})
		best = minCopyBytes
	}
	*third = int32(place + 1)

	root := &m.root[word*0x9e3779b1>>(32-rootBits)]
	next := int(*root) - 1
	*root = int32(place + 1)
	most := min(len(left), maxCopyBytes)
	smaller, larger := &m.branch[2*(place%windowBytes)], &m.branch[2*(place%windowBytes)+1]
	equalSmaller, equalLarger := 0, 0 // bytes that are equal on both sides
	for range maxDepth {
		if next < 0 || place-next >= windowBytes {
			break
		}
		n := min(equalSmaller, equalLarger)
		that := m.data[next:]
		for n < most && that[n] == left[n] {
			n++
		}
		if n > best {
			best = n
			found = append(found, match{uint16(n), uint16(place - next)})
		}
		children := m.branch[2*(next%windowBytes) : 2*(next%windowBytes)+2]
		if n == most { // as good as this place in every respect, but older
			*smaller, *larger = children[0], children[1]
			return found
		}
		if that[n] < left[n] {
			*smaller = int32(next + 1)
			smaller, equalSmaller = &children[1], n
			next = int(*smaller) - 1
		} else {
			*larger = int32(next + 1)
			larger, equalLarger = &children[0], n
			next = int(*larger) - 1
		}
	}
	*smaller, *larger = 0, 0
	return found
}
