package inspect_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Every proper prefix of a message ends too early: the tree has what is there, and the error says
// where the missing value starts.
func TestEveryPrefixIsTooShort(t *testing.T) {
	prefixes := 0
	readLines(t, samplePath, func(l corpusLine) {
		full := unhex(t, l.Hex)
		if len(full) > 600 {
			full = full[:600] // its prefixes are prefixes of the message too
		}
		m := schema.ByName(l.Name)
		for i := 0; i < len(full); i += step() {
			tree := inspect.Message(m, l.Version, full[:i])
			if !errors.Is(tree.Err, io.ErrUnexpectedEOF) || tree.Err.Offset > i {
				t.Fatalf("%s v%d: prefix %d of %d: %v", l.Name, l.Version, i, len(full), tree.Err)
			}
			checkOwned(t, tree)
			checkTexts(tree)
			checkPathAt(t, tree, full[:i])
			prefixes++
		}
	})
	t.Logf("%d prefixes", prefixes)
}

// checkTexts makes the texts of all nodes, so that one that panics is found.
func checkTexts(tree *inspect.Tree) {
	for n := range tree.All() {
		_, _, _, _, _ = n.Name(), n.Type(), n.Value(), n.Meaning(), n.Path()
	}
}

func checkPathAt(t *testing.T, tree *inspect.Tree, src []byte) {
	t.Helper()
	if path := inspect.PathAt(tree.Err.Message, tree.Err.Version, src, tree.Err.Offset); path != tree.Err.Path {
		t.Fatalf("%v: PathAt says %q", tree.Err, path)
	}
}

// The typed codec and the tables read one schema in two ways: over damaged input they accept the
// same bytes with the same values, and refuse the rest at the same byte for the same reason.
func TestBothReadersAgreeOnDamage(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 2
	}
	accepted, refused := 0, 0
	r := rand.New(rand.NewPCG(1, 2))
	readLines(t, samplePath, func(l corpusLine) {
		full := unhex(t, l.Hex)
		if len(full) > 4000 {
			return
		}
		m, typed := schema.ByName(l.Name), kwire.New(l.Name)
		for range rounds {
			src := mutate(r, full)
			for _, lenient := range []bool{false, true} {
				if agree(t, m, typed, l.Version, src, lenient) {
					accepted++
				} else {
					refused++
				}
			}
		}
	})
	t.Logf("%d damaged inputs: %d accepted by both, %d refused by both", accepted+refused, accepted, refused)
}

// mutate changes one to three bytes, or cuts, repeats or inserts some.
func mutate(r *rand.Rand, full []byte) []byte {
	b := append([]byte(nil), full...)
	for range 1 + r.IntN(3) {
		if len(b) == 0 {
			return append(b, byte(r.Uint32()))
		}
		at := r.IntN(len(b))
		switch r.IntN(6) {
		case 0:
			b = b[:at]
		case 1:
			b = append(b[:at:at], append([]byte{byte(r.Uint32())}, b[at:]...)...)
		case 2:
			b = append(b[:at:at], b[min(len(b), at+1+r.IntN(4)):]...)
		case 3:
			b[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
		default:
			b[at] ^= 1 << r.IntN(8)
		}
	}
	return b
}

func agree(t *testing.T, m *schema.Message, typed wire.Message, version int16, src []byte, lenient bool) bool {
	t.Helper()
	o := inspect.Options{Lenient: lenient}
	tree := o.Message(m, version, src)
	checkOwned(t, tree)
	typed = kwire.New(typed.MessageName())
	n, err := typed.DecodeFrom(src, version, &wire.DecodeOptions{Lenient: lenient})
	var e *wire.Error
	if errors.As(err, &e) != (tree.Err != nil) {
		t.Fatalf("%s v%d lenient %t %x\ntyped codec: %v\ntables: %v", m.Name, version, lenient, src, err, tree.Err)
	}
	if e != nil {
		if e.Offset != tree.Err.Offset || e.Err != tree.Err.Err || e.Detail != tree.Err.Detail || !lenient && e.Path != tree.Err.Path {
			t.Fatalf("%s v%d lenient %t %x\ntyped codec: %v\ntables: %v", m.Name, version, lenient, src, err, tree.Err)
		}
		return false
	}
	have, length, jsonErr := o.AppendJSON(nil, m, version, src)
	if jsonErr != nil || length != n {
		t.Fatalf("%s v%d lenient %t %x: typed codec read %d bytes, the tables %d, %v", m.Name, version, lenient, src, n, length, jsonErr)
	}
	// What the typed codec holds, written and read back by the tables, must be the same values.
	again, err := typed.AppendTo(nil, version)
	if err != nil {
		t.Fatalf("%s v%d lenient %t %x: read, but: %v", m.Name, version, lenient, src, err)
	}
	want, err := inspect.AppendJSON(nil, m, version, again)
	if err != nil {
		t.Fatalf("%s v%d lenient %t %x, written again %x: %v", m.Name, version, lenient, src, again, err)
	}
	if string(have) != string(want) && !sameJSON(t, have, want) {
		t.Fatalf("%s v%d lenient %t %x\ntyped codec %s\ntables      %s", m.Name, version, lenient, src, want, have)
	}
	return true
}
