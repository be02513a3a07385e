package challenge

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// message builds bytes by hand, big-endian, in the words of Kafka's protocol guide. It is deliberately not package
// wire: these tests are worth something only if they cannot share a mistake with the code they judge.
type message struct{ b []byte }

func (m *message) i8(v int8) *message { m.b = append(m.b, byte(v)); return m }
func (m *message) i16(v int16) *message {
	m.b = binary.BigEndian.AppendUint16(m.b, uint16(v))
	return m
}
func (m *message) i32(v int32) *message {
	m.b = binary.BigEndian.AppendUint32(m.b, uint32(v))
	return m
}
func (m *message) u32(v uint32) *message { m.b = binary.BigEndian.AppendUint32(m.b, v); return m }
func (m *message) i64(v int64) *message {
	m.b = binary.BigEndian.AppendUint64(m.b, uint64(v))
	return m
}
func (m *message) raw(v ...byte) *message  { m.b = append(m.b, v...); return m }
func (m *message) text(v string) *message  { m.b = append(m.b, v...); return m }
func (m *message) uuid(v uuid) *message    { m.b = append(m.b, v[:]...); return m }
func (m *message) uvar(v uint64) *message  { m.b = binary.AppendUvarint(m.b, v); return m }
func (m *message) varint(v int64) *message { m.b = binary.AppendVarint(m.b, v); return m } // zigzag, as records use

// count starts a compact array of n elements.
func (m *message) count(n int) *message { return m.uvar(uint64(n) + 1) }

// compact writes a compact string or compact bytes.
func (m *message) compact(v string) *message { return m.count(len(v)).text(v) }

// tags writes an empty tag buffer.
func (m *message) tags() *message { return m.raw(0) }

// frame puts the size before what was built.
func (m *message) frame() []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(m.b))), m.b...)
}

type uuid [16]byte

func (u uuid) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// answer reads bytes by hand. The first failure sticks: read everything, then ask err.
type answer struct {
	b   []byte
	at  int
	err error
}

func (a *answer) take(n int, what string) []byte {
	if a.err == nil && (n < 0 || n > len(a.b)-a.at) {
		a.err = fmt.Errorf("%s at byte %d: %d bytes wanted, %d left", what, a.at, n, len(a.b)-a.at)
	}
	if a.err != nil {
		return nil
	}
	a.at += n
	return a.b[a.at-n : a.at]
}

func (a *answer) number(n int, what string) (v int64) {
	b := a.take(n, what)
	if b == nil {
		return 0
	}
	v = int64(int8(b[0]))
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	return v
}

func (a *answer) i8(what string) int8   { return int8(a.number(1, what)) }
func (a *answer) i16(what string) int16 { return int16(a.number(2, what)) }
func (a *answer) i32(what string) int32 { return int32(a.number(4, what)) }
func (a *answer) i64(what string) int64 { return a.number(8, what) }

func (a *answer) uuid(what string) (u uuid) {
	copy(u[:], a.take(16, what))
	return u
}

func (a *answer) uvar(what string) int {
	if a.err != nil {
		return 0
	}
	v, n := binary.Uvarint(a.b[a.at:])
	if n <= 0 || n > 5 {
		a.err = fmt.Errorf("%s at byte %d: not a varint", what, a.at)
		return 0
	}
	a.at += n
	return int(v)
}

// varint reads a zigzag varint of a record.
func (a *answer) varint(what string) int64 {
	if a.err != nil {
		return 0
	}
	v, n := binary.Varint(a.b[a.at:])
	if n <= 0 {
		a.err = fmt.Errorf("%s at byte %d: not a varint", what, a.at)
		return 0
	}
	a.at += n
	return v
}

// count reads the length of a compact array, string or bytes: -1 is null.
func (a *answer) count(what string) int {
	n := a.uvar(what) - 1
	if a.err == nil && n > len(a.b)-a.at {
		a.err = fmt.Errorf("%s at byte %d: %d elements, %d bytes left", what, a.at, n, len(a.b)-a.at)
		return 0
	}
	return n
}

// each reads a compact array. It returns the number of elements, -1 for null.
func (a *answer) each(what string, one func(i int)) int {
	n := a.count(what)
	for i := 0; i < n && a.err == nil; i++ {
		one(i)
	}
	return n
}

// compact reads a compact nullable string or bytes; null is nil.
func (a *answer) compact(what string) []byte {
	n := a.count(what)
	if n < 0 {
		return nil
	}
	return a.take(n, what)
}

func (a *answer) i32s(what string) (all []int32) {
	a.each(what, func(int) { all = append(all, a.i32(what)) })
	return all
}

// tags skips a tag buffer, whatever is in it.
func (a *answer) tags(what string) {
	for n := a.uvar(what); n > 0 && a.err == nil; n-- {
		a.uvar(what)
		a.take(a.uvar(what), what)
	}
}

// end makes bytes left over an error. The course says so and does not enforce it.
func (a *answer) end() error {
	if a.err == nil && a.at != len(a.b) {
		return fmt.Errorf("%d bytes left over after the last field: % x", len(a.b)-a.at, a.b[a.at:])
	}
	return a.err
}

func crc32c(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// batch is a record batch of format 2 as the course writes it.
type batch struct {
	baseOffset  int64
	leaderEpoch int32
	timestampMs int64
	producerID  int64 // with it producer epoch and base sequence: all 0 or all -1
	records     []record
}

type record struct {
	value   []byte
	headers int64 // the count as written: the course's logs say -1, which Kafka's own record reader refuses
}

func (b batch) bytes() []byte {
	var body message
	body.i16(0).i32(int32(len(b.records) - 1)).i64(b.timestampMs).i64(b.timestampMs)
	body.i64(b.producerID).i16(int16(b.producerID)).i32(int32(b.producerID)).i32(int32(len(b.records)))
	for i, r := range b.records {
		var one message
		one.i8(0).varint(0).varint(int64(i)).varint(-1).varint(int64(len(r.value))).raw(r.value...).varint(r.headers)
		body.varint(int64(len(one.b))).raw(one.b...)
	}
	var m message
	m.i64(b.baseOffset).i32(int32(4 + 1 + 4 + len(body.b))).i32(b.leaderEpoch).i8(2).u32(crc32c(body.b)).raw(body.b...)
	return m.b
}

// splitBatches checks batches as the course does: sizes add up, every record has its length, the checksum is right.
func splitBatches(b []byte) (all [][]byte, err error) {
	for len(b) > 0 {
		a := answer{b: b}
		a.i64("base offset")
		length := int(a.i32("batch length"))
		rest := answer{b: a.take(length, "batch")}
		rest.i32("partition leader epoch")
		if magic := rest.i8("magic"); magic != 2 && a.err == nil {
			return all, fmt.Errorf("magic %d", magic)
		}
		crc := uint32(rest.i32("crc"))
		if a.err == nil && rest.err == nil && crc != crc32c(rest.b[rest.at:]) {
			return all, fmt.Errorf("crc %08x, computed %08x", crc, crc32c(rest.b[rest.at:]))
		}
		rest.take(2+4+8+8+8+2+4, "batch header")
		for n := rest.i32("record count"); n > 0 && rest.err == nil; n-- {
			rest.take(int(rest.varint("record length")), "record")
		}
		if a.err != nil {
			return all, a.err
		}
		if err := rest.end(); err != nil {
			return all, err
		}
		all = append(all, b[:a.at])
		b = b[a.at:]
	}
	return all, nil
}
