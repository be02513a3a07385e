package kwire_test

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Messages that cost other codecs seconds or gigabytes, by name.
func TestMessagesThatHurtOthers(t *testing.T) {
	createTopics := append(unhex(t, "00a00000"), make([]byte, 10<<20)...) // a count of 10,485,760 topics, and as many zeros
	for _, c := range []struct {
		what     string
		m        wire.Message
		version  int16
		src      []byte
		want     error
		maxAlloc uint64
	}{
		{"2^24-1 tagged fields in 6 bytes, at whose count others loop for 2 s", new(api.ApiVersionsRequest), 3, unhex(t, "0101ffffff07"), io.ErrUnexpectedEOF, 2 << 10},
		{"2^32-1 tagged fields in 7 bytes", new(api.ApiVersionsRequest), 3, unhex(t, "0101ffffffff0f"), io.ErrUnexpectedEOF, 2 << 10},
		{"2^32-1 tagged fields in a Heartbeat response of 11 bytes, minutes elsewhere", new(api.HeartbeatResponse), 4, unhex(t, "000000000000ffffffff0f"), io.ErrUnexpectedEOF, 2 << 10},
		{"2^32-1 tagged fields in a Metadata request of 8 bytes", new(api.MetadataRequest), 12, unhex(t, "000000ffffffff0f"), io.ErrUnexpectedEOF, 2 << 10},
		{"8 bytes that announce topics for 3.6 GiB", new(api.MetadataRequest), 0, unhex(t, "7fffffff00000000"), io.ErrUnexpectedEOF, 2 << 10},
		{"10 MiB of topics to create, for which others allocate 800 MB", new(api.CreateTopicsRequest), 0, createTopics, io.ErrUnexpectedEOF, 2 << 10},
	} {
		if _, err := c.m.DecodeFrom(c.src, c.version, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
		cost, took := decodeCost(c.m.MessageName(), c.version, [][]byte{c.src})
		for try := 0; try < 5 && (took > hostileTime || cost > c.maxAlloc); try++ { // the machine may have been busy
			cost, took = decodeCost(c.m.MessageName(), c.version, [][]byte{c.src})
		}
		if took > hostileTime || cost > c.maxAlloc {
			t.Errorf("%s: %d bytes allocated, %v", c.what, cost, took)
		}
	}
}

// What kwire allocates for one tiny message, over its length, stays far below the 4,296 times that were measured
// of the best of its rivals here (sarama 1.61.1, 30,044 inputs, 90 KB for one).
const (
	tinyBytes      = 24
	maxTinyAlloc   = 2 << 10
	sarama         = 4296
	tinyPerMessage = 12
)

func TestTinyMessagesCostLittle(t *testing.T) {
	lies := [][]byte{{1}, {2}, {3}, {0x7f}, {0xff, 0xff, 0xff, 0xff, 0x0f}, {0, 0, 0, 1}, {0, 0, 0, 4}, {0x7f, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0xfe}}
	var top costs
	inputs, line := 0, 0
	readLines(t, "testdata/sample.jsonl.gz", func(l corpusLine) {
		if line++; testing.Short() && line%shortStep != 0 {
			return
		}
		full := unhex(t, l.Hex)
		for at := 0; at < min(len(full), tinyPerMessage); at++ {
			for _, lie := range lies {
				src := append(append([]byte{}, full[:at]...), lie...)
				src = src[:min(len(src), tinyBytes)]
				cost := uint64(math.MaxUint64)
				for try := 0; try < 2 || try < 5 && cost > maxTinyAlloc; try++ { // others may allocate in the meantime
					again, _ := decodeCost(l.Name, l.Version, [][]byte{src})
					cost = min(cost, again)
				}
				inputs++
				top.add(float64(cost)/float64(len(src)), fmt.Sprintf("%d bytes for %d: %s v%d: %x", cost, len(src), l.Name, l.Version, src))
				if cost > maxTinyAlloc {
					t.Errorf("%s v%d: %x: %d bytes allocated", l.Name, l.Version, src, cost)
				}
			}
		}
	})
	t.Logf("%d inputs; the worst times their length, where sarama has %d:\n%s", inputs, sarama, top)
	if len(top) > 0 && top[0].amount >= sarama/4 {
		t.Errorf("%.0f times the length of a message: %s", top[0].amount, top[0].what)
	}
}

// costs are the greatest of some amounts, the greatest first.
type costs []struct {
	amount float64
	what   string
}

const shownCosts = 5

func (c *costs) add(amount float64, what string) {
	if len(*c) == shownCosts && amount <= (*c)[shownCosts-1].amount {
		return
	}
	*c = append(*c, struct {
		amount float64
		what   string
	}{amount, what})
	slices.SortFunc(*c, func(a, b struct {
		amount float64
		what   string
	}) int {
		return cmp.Compare(b.amount, a.amount)
	})
	*c = (*c)[:min(len(*c), shownCosts)]
}

func (c costs) String() (s string) {
	for _, x := range c {
		s += fmt.Sprintf("    %8.1f  %.160s\n", x.amount, x.what)
	}
	return s
}

// Large messages: every array of every message, as long as the rest of the input could make it. Memory and time stay
// in proportion to the length, for the typed reader and for the one by the tables.
const (
	largeBytes         = 64 << 10
	nanosecondsPerByte = 1000
	tablesTimes        = 5 // the tables are read for people, with a node for every field
)

var indexes = regexp.MustCompile(`\[\d+\]`)

func TestLargeArraysCostTheirLength(t *testing.T) {
	var memory, slow, slowTables costs
	inputs, line, seen := 0, 0, map[string]bool{}
	readLines(t, "testdata/sample.jsonl.gz", func(l corpusLine) {
		if line++; testing.Short() && line%shortStep != 0 {
			return
		}
		full := unhex(t, l.Hex)
		tree := inspect.Message(schema.ByName(l.Name), l.Version, full)
		for n := range tree.All() {
			array, ok := n.Parent()
			if n.Kind() != inspect.CountNode || !ok || array.Kind() != inspect.ArrayNode {
				continue
			}
			where := fmt.Sprint(l.Name, l.Version, indexes.ReplaceAllString(array.Path(), ""))
			if seen[where] {
				continue
			}
			seen[where] = true
			for _, count := range []int{largeBytes / array.Field().ElementMinBytes(), largeBytes / 50} {
				src := append([]byte{}, full[:n.Offset()]...)
				src = wire.AppendArrayLen(src, count, n.IsFlexible())
				src = append(src, make([]byte, largeBytes)...)
				what := fmt.Sprintf("%s v%d: %s of %d elements, %d bytes", l.Name, l.Version, array.Path(), count, len(src))
				inputs++
				cost, took := decodeCost(l.Name, l.Version, [][]byte{src})
				tables := time.Duration(math.MaxInt64)
				limit := max(hostileTime, time.Duration(len(src)*nanosecondsPerByte))
				for try := 0; try < 5 && (try == 0 || took > limit || tables > tablesTimes*limit); try++ { // the machine may have been busy
					start := time.Now()
					_ = inspect.Options{MaxNodes: 1 << 30}.Message(schema.ByName(l.Name), l.Version, src)
					tables = min(tables, time.Since(start))
					if took > limit {
						_, again := decodeCost(l.Name, l.Version, [][]byte{src})
						took = min(took, again)
					}
				}
				memory.add(float64(cost)/float64(len(src)), what)
				slow.add(float64(took.Nanoseconds())/float64(len(src)), what)
				slowTables.add(float64(tables.Nanoseconds())/float64(len(src)), what)
				if cost > uint64(hostileAllocPerByte*len(src)+hostileAllocBase) || took > limit || tables > tablesTimes*limit {
					t.Errorf("%s: %d bytes allocated, %v, by the tables %v", what, cost, took, tables)
				}
			}
		}
	})
	t.Logf("%d inputs\nmost memory, in bytes per byte:\n%smost time, in ns per byte:\n%sby the tables:\n%s", inputs, memory, slow, slowTables)
	if inputs < 100 {
		t.Errorf("only %d inputs", inputs)
	}
}

// What Kafka's own reader makes of odd bytes, as its classes of 4.4.0 were seen to. A strict reader refuses what its
// writer never writes; a lenient one takes what Kafka's reader takes, and reads the same; where Kafka's refuses null, it
// reads empty.
func TestLenientReadsAsKafkaDoes(t *testing.T) {
	versions := func(version int16) func() (wire.Message, int16) {
		return func() (wire.Message, int16) { return new(api.ApiVersionsResponse), version }
	}
	metadata := func(version int16) func() (wire.Message, int16) {
		return func() (wire.Message, int16) { return new(api.MetadataRequest), version }
	}
	heartbeat := func() (wire.Message, int16) { return new(api.ConsumerGroupHeartbeatResponse), 0 }
	sasl := func() (wire.Message, int16) { return new(api.SaslAuthenticateRequest), 0 }
	const refused = "refused"
	for _, c := range []struct {
		what   string
		new    func() (wire.Message, int16)
		bytes  string
		strict bool
		again  string // what the lenient reader's value is written as
	}{
		{"known tag, size too large", versions(3), "000001000000000101090000000000000000", false, "000001000000000101080000000000000000"},
		{"known tag, size too small", versions(3), "000001000000000101010000000000000005", false, "000001000000000101080000000000000005"},
		{"known tag twice: the last counts", versions(3), "00000100000000020108000000000000000501080000000000000006", false, "000001000000000101080000000000000006"},
		{"known tags out of order", versions(3), "000001000000000203010101080000000000000005", false, "000001000000000201080000000000000005030101"},
		{"unknown tags out of order", versions(3), "0000010000000002090101080101", false, refused},
		{"unknown tag twice", versions(3), "0000010000000002090101090101", false, refused},
		{"known tag at its default", versions(3), "00000100000000010108ffffffffffffffff", true, "0000010000000000"},
		{"count that is not minimal", versions(3), "000081000000000000", false, "0000010000000000"},
		{"null array", versions(3), "0000000000000000", false, "0000010000000000"},
		{"array of -1", versions(0), "0000ffffffff", false, "000000000000"},
		{"array of -2", versions(0), "0000fffffffe", false, "000000000000"},
		{"bytes left over", versions(0), "000000000000aabb", false, "000000000000"},
		{"cut off", versions(0), "00000000", false, refused},
		{"bool of 2", metadata(4), "0000000002", false, "0000000001"},
		{"topics of -1 in v0", metadata(0), "ffffffff", false, "00000000"},
		{"topics of -1 in v1", metadata(1), "ffffffff", true, "ffffffff"},
		{"null name in v0", metadata(0), "00000001ffff", false, "000000010000"},
		{"bytes of -2", sasl, "fffffffe", false, "00000000"},
		{"bytes of -1, as Event Hubs sends them", sasl, "ffffffff", false, "00000000"},
		{"text that is not UTF-8", func() (wire.Message, int16) { return new(api.SaslHandshakeRequest), 0 }, "0002c328", true, "0002c328"},
		{"marker 5 of a struct", heartbeat, "0000000000000000000000000000000005010000", false, "0000000000000000000000000000000001010000"},
		{"marker -2 of a struct", heartbeat, "00000000000000000000000000000000fe00", false, "00000000000000000000000000000000ff00"},
		{"marker 0 of a struct", heartbeat, "0000000000000000000000000000000000010000", false, "0000000000000000000000000000000001010000"},
		{"huge array", versions(0), "00007fffffff", false, refused},
		{"varint of 6 bytes", versions(3), "00008080808080000000000000", false, refused},
		{"varint with bits over 32", versions(3), "0000ffffffff7f0000000000", false, refused},
	} {
		src := unhex(t, c.bytes)
		m, v := c.new()
		if _, err := m.DecodeFrom(src, v, nil); (err == nil) != c.strict {
			t.Errorf("%s, strict: %v", c.what, err)
		}
		m, v = c.new()
		again := refused
		if _, err := m.DecodeFrom(src, v, &kwire.DecodeOptions{Lenient: true}); err == nil {
			b, err := m.AppendTo(nil, v)
			if err != nil {
				t.Error(err)
			}
			again = hex.EncodeToString(b)
		}
		if again != c.again {
			t.Errorf("%s, lenient: %s, want %s", c.what, again, c.again)
		}
	}
}
