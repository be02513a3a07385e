package inspect

import (
	"encoding/binary"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// coster counts the bits that the values of a message take, for Guess. It is a sink.
type coster struct {
	src     []byte
	bits    int
	limit   int // when there are more bits the rest does not matter; 0 is no limit
	sample  int // bytes after which reading ends; 0 reads all
	sampled bool
	base    int
	end     int  // of the last leaf
	early   bool // reading failed because the bytes end
	w       *walker
}

// message walks the header and the body of a layout and returns where it ended, or could not go on.
func (c *coster) message(l Layout, m *schema.Message) (int, bool) {
	header := "ResponseHeader"
	if l.Kind == schema.KindRequest {
		header = "RequestHeader"
	}
	n, ok := c.read(schema.ByName(header), l.HeaderVersion, 0)
	if ok {
		n, ok = c.read(m, l.Version, n)
	}
	return n, ok
}

// read walks one message from an offset on and returns where it ended, or where it could not go on.
func (c *coster) read(m *schema.Message, version int16, from int) (int, bool) {
	c.base, c.end = from, from
	w := walker{src: c.src[from:], version: version, flex: m.Flexible.Has(version), sink: c}
	c.w = &w
	w.r = wire.NewReader(w.src, &wire.DecodeOptions{Alias: true})
	w.fields(m.Fields)
	c.early = w.r.Failed() && w.r.Err().Err == io.ErrUnexpectedEOF
	return c.end, !w.r.Failed() && !w.done
}

func (c *coster) enter(*event) {}
func (c *coster) leave(int)    {}

func (c *coster) leaf(e *event) {
	data := c.src[c.base+e.off+e.prefix : c.base+e.off+e.size]
	c.end = c.base + e.off + e.size
	before := c.bits
	switch e.kind {
	case ValueNode:
		c.value(e, data)
	case CountNode:
		c.bits += sizeBits(e.count)
	case UnknownNode:
		c.bits += 30 + 8*len(data)
	case TagIDNode:
		c.bits += 4
	case TagsNode, TagSizeNode:
	default:
		c.bits += 2 // an empty array, a null struct, a marker
	}
	if c.sample > 0 && c.end > c.sample {
		// Only what lies within the sample counts, so that readings can be compared.
		c.bits = before + int(int64(c.bits-before)*int64(max(0, c.sample-(c.end-e.size)))/int64(max(1, e.size)))
		c.sampled, c.w.done = c.end < len(c.src), c.end < len(c.src)
	}
	if c.limit > 0 && c.bits > c.limit {
		c.w.done = true
	}
}

// sizeBits is what a length or count takes: small ones are usual.
func sizeBits(n int) int { return 1 + 2*bits.Len(uint(n)) }

func (c *coster) value(e *event, data []byte) {
	switch f := e.field; f.Type {
	case schema.Bool:
		c.bits += 2
	case schema.String:
		c.bits += textBits(e, data)
	case schema.Bytes:
		c.bits += 2
		if !e.null {
			c.bits += sizeBits(len(data)) + 8*len(data)
		}
	case schema.Records:
		c.bits += 2
		if !e.null {
			c.bits += recordsBits(data)
		}
	case schema.UUID:
		c.bits += uuidBits(data)
	case schema.Float64:
		c.bits += 56
	default:
		c.bits += integerBits(f, integer(f.Type, data))
	}
}

func textBits(e *event, s []byte) int {
	if e.null {
		return 2
	}
	n := 2 + sizeBits(len(s))
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		switch {
		case r == utf8.RuneError && size == 1, r < ' ', r == 0x7f:
			n += 16
		case r < utf8.RuneSelf:
			n += 5
		default:
			n += 10 * size
		}
		s = s[size:]
	}
	return n
}

// uuidBits knows that Kafka's ids are random uuids (version 4), or nothing but zeros.
func uuidBits(u []byte) int {
	zero := true
	for _, c := range u {
		zero = zero && c == 0
	}
	switch {
	case zero:
		return 3
	case u[6]>>4 == 4 && u[8]>>6 == 2:
		return 110
	}
	return 150
}

// batchBits is what one batch with a correct CRC takes, without its records.
const batchBits = 120

func recordsBits(data []byte) int {
	n := sizeBits(len(data))
	end := 0
	for b, err := range records.Batches(data) {
		if err != nil {
			break
		}
		if n += batchBits + 5*max(0, b.Size()-records.HeaderSize); b.CheckCRC() != nil {
			n += 64
		}
		end += b.Size()
	}
	return n + 8*(len(data)-end) + min(len(data)-end, 1)*20
}

// integerBits is what a number takes, by what the field's name says about it.
func integerBits(f *schema.Field, v int64) int {
	width := 8 * f.Type.FixedBytes()
	switch name := f.Name; {
	case f.Type == schema.Int16 && strings.HasSuffix(name, "ErrorCode"):
		switch {
		case v == 0:
			return 1
		case errcode.Code(v).Meaning() != "":
			return 8
		}
		return 30
	case name == "ThrottleTimeMs":
		switch {
		case v == 0:
			return 1
		case v > 0 && v < 100_000:
			return 18
		}
		return 44
	case name == "Port":
		if v > 0 && v <= 0xffff {
			return 14
		}
		return 44
	case f.Type == schema.Int64 && (strings.HasSuffix(name, "Timestamp") || strings.HasSuffix(name, "TimestampMs")):
		switch {
		case v == -1:
			return 2
		case v > firstTimestampMs && v < lastTimestampMs:
			return 36
		}
		return 70
	case strings.HasSuffix(name, "AuthorizedOperations"):
		if v == -1<<31 || v >= 0 && v < 1<<16 {
			return 3
		}
		return 44
	}
	switch {
	case v == 0:
		return 2
	case v == -1:
		return 3
	case v < 0:
		return width + 10
	}
	return min(2+2*bits.Len64(uint64(v)), width+4)
}

// Timestamps outside of the years 2001 to 2096 are not likely to be timestamps.
const (
	firstTimestampMs = 1_000_000_000_000
	lastTimestampMs  = 4_000_000_000_000
)

// responseBits is what it takes to say that something is a response rather than a request.
const responseBits = 2

// apiBits is what it takes to name an API: those that every client uses are short, those that only
// brokers use among themselves are long.
func apiBits(key int16) int {
	switch key {
	case 0, 1, 3, 18:
		return 3
	case 2, 8, 9, 10, 11, 12, 13, 14, 19, 22, 75:
		return 5
	case 4, 5, 6, 7, 27, 52, 53, 54, 55, 56, 57, 58, 59, 62, 63, 64, 67, 70, 73, 80, 81, 82, 83, 84, 85, 86, 87, 93, 94:
		return 11
	}
	return 7
}

// versionBits makes newer versions a little more likely than older ones.
func versionBits(m *schema.Message, version int16) int {
	n := bits.Len16(uint16(m.Versions.Max() - version))
	if m.Unstable.Has(version) {
		n += 3
	}
	return n
}

// frameSize returns the size that a frame's first four bytes announce.
func frameSize(src []byte) int { return int(int32(binary.BigEndian.Uint32(src))) }
