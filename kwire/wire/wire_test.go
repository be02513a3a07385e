package wire

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestNumbersComeBack(t *testing.T) {
	var b []byte
	b = AppendBool(b, true)
	b = AppendInt8(b, -2)
	b = AppendInt16(b, math.MinInt16)
	b = AppendUint16(b, math.MaxUint16)
	b = AppendInt32(b, math.MinInt32)
	b = AppendUint32(b, math.MaxUint32)
	b = AppendInt64(b, math.MinInt64)
	b = AppendFloat64(b, -0.5)
	b = AppendUUID(b, UUID{1, 2})
	r, at := NewReader(b, nil), 0
	read := func(name string, want any, got func(buf []byte, at int) (any, int)) {
		v, next := got(r.Input(), at)
		if v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
		at = next
	}
	read("Bool", true, func(_ []byte, at int) (any, int) { v, at := r.Bool(at); return v, at })
	read("Int8", int8(-2), func(buf []byte, at int) (any, int) { v, at := r.Int8(buf, at); return v, at })
	read("Int16", int16(math.MinInt16), func(buf []byte, at int) (any, int) { v, at := r.Int16(buf, at); return v, at })
	read("Uint16", uint16(math.MaxUint16), func(buf []byte, at int) (any, int) { v, at := r.Uint16(buf, at); return v, at })
	read("Int32", int32(math.MinInt32), func(buf []byte, at int) (any, int) { v, at := r.Int32(buf, at); return v, at })
	read("Uint32", uint32(math.MaxUint32), func(buf []byte, at int) (any, int) { v, at := r.Uint32(buf, at); return v, at })
	read("Int64", int64(math.MinInt64), func(buf []byte, at int) (any, int) { v, at := r.Int64(buf, at); return v, at })
	read("Float64", -0.5, func(buf []byte, at int) (any, int) { v, at := r.Float64(buf, at); return v, at })
	read("UUID", UUID{1, 2}, func(buf []byte, at int) (any, int) { v, at := r.UUID(buf, at); return v, at })
	if n, err := r.Done(at); err != nil || n != len(b) {
		t.Errorf("read %d of %d bytes: %v", n, len(b), err)
	}
}

func TestVarints(t *testing.T) {
	for _, v := range []uint32{0, 1, 127, 128, 16383, 16384, 1<<21 - 1, 1 << 21, 1<<28 - 1, 1 << 28, math.MaxUint32} {
		b := AppendUvarint(nil, v)
		if len(b) != SizeUvarint(v) {
			t.Errorf("%d takes %d bytes, SizeUvarint says %d", v, len(b), SizeUvarint(v))
		}
		r := NewReader(b, nil)
		if got, _ := r.Uvarint(0); got != v || r.Failed() {
			t.Errorf("%d came back as %d: %v", v, got, r.Err())
		}
		for i := range b {
			r := NewReader(b[:i], nil)
			r.Uvarint(0)
			if !errors.Is(r.Err(), io.ErrUnexpectedEOF) {
				t.Errorf("%d cut to %d bytes: %v", v, i, r.Err())
			}
		}
	}
	for _, v := range []int64{0, -1, 1, 63, -64, 64, -65, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64} {
		if n := len(AppendVarlong(nil, v)); n != SizeVarlong(v) {
			t.Errorf("%d takes %d bytes, SizeVarlong says %d", v, n, SizeVarlong(v))
		}
		if w := int32(v); len(AppendVarint(nil, w)) != SizeVarint(w) {
			t.Errorf("%d takes %d bytes, SizeVarint says %d", w, len(AppendVarint(nil, w)), SizeVarint(w))
		}
	}
}

func TestStringsAndBytes(t *testing.T) {
	for _, flexible := range []bool{false, true} {
		long := strings.Repeat("x", MaxStringBytes)
		var b []byte
		b = AppendString(b, "", flexible)
		b = AppendString(b, long, flexible)
		b = AppendNullString(b, Null[string]{}, flexible)
		b = AppendNullString(b, Some("é"), flexible)
		b = AppendBytes(b, nil, flexible)
		b = AppendNullBytes(b, nil, flexible)
		b = AppendNullBytes(b, []byte{}, flexible)
		size := SizeString("", flexible) + SizeString(long, flexible) + SizeNullString(Null[string]{}, flexible) +
			SizeNullString(Some("é"), flexible) + 3*SizeBytes(nil, flexible)
		if size != len(b) {
			t.Errorf("flexible %v: %d bytes, sizes say %d", flexible, len(b), size)
		}
		for _, o := range []*DecodeOptions{nil, {Alias: true}} {
			r := NewReader(b, o)
			empty, at := r.String(0, flexible)
			full, at := r.String(at, flexible)
			null, at := r.NullString(at, flexible)
			some, at := r.NullString(at, flexible)
			if empty != "" || full != long || null.Valid || some != Some("é") {
				t.Errorf("flexible %v: a string did not come back: %v", flexible, r.Err())
			}
			never, at := r.Bytes(at, flexible)
			none, at := r.NullBytes(at, flexible)
			nothing, at := r.NullBytes(at, flexible)
			if never == nil || none != nil || nothing == nil {
				t.Errorf("flexible %v: null and empty bytes are mixed up", flexible)
			}
			if _, err := r.Done(at); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAliasSharesMemory(t *testing.T) {
	b := AppendString(nil, "abc", true)
	shared, copied := NewReader(b, &DecodeOptions{Alias: true}), NewReader(b, nil)
	s, _ := shared.String(0, true)
	c, _ := copied.String(0, true)
	b[1] = 'X'
	if s != "Xbc" || c != "abc" {
		t.Errorf("shared %q, copied %q", s, c)
	}
}

func TestErrorsStick(t *testing.T) {
	r := NewReader([]byte{0, 0, 0, 1, 0, 5, 'a'}, nil)
	_, at := r.Int32(r.Input(), 0)
	_, at = r.String(at, false)
	first := r.Err()
	number, _ := r.Int64(r.Input(), at)
	count, _ := r.ArrayLen(at, false, 1)
	text, _ := r.String(at, true)
	present, _ := r.Present(at)
	yes, _ := r.Bool(at)
	numbers, _ := r.Int32s(at, nil, new(Slab[int32]), true)
	if number != 0 || count != 0 || text != "" || present || yes || len(numbers) != 0 {
		t.Error("a read after a failure gave a value")
	}
	if r.Err() != first || first.Offset != 4 {
		t.Errorf("the first failure did not stick: %v, then %v", first, r.Err())
	}
	if _, err := r.Done(at); err != first {
		t.Errorf("Done gives %v", err)
	}
}

func TestLimitsOfTags(t *testing.T) {
	var b []byte
	b = AppendUvarint(b, 3)
	for id := range uint32(3) {
		b = append(AppendTag(b, id, 1), 7)
	}
	read := func(o *DecodeOptions) (*Tags, *Error) {
		r := NewReader(b, o)
		var tags *Tags
		var tr TagReader
		for at := 0; tr.Next(&r, at); {
			at = tr.Keep(&r, &tags)
		}
		_, err := r.Done(tr.At)
		return tags, err
	}
	tags, err := read(nil)
	if err != nil || tags.Len() != 3 {
		t.Fatalf("%v, %v", tags, err)
	}
	out := tags.AppendFrom(AppendUvarint(nil, 3), 0, new(Encode))
	if !bytes.Equal(out, b) || tags.Size() != len(b)-1 {
		t.Errorf("tags came back as %x, size %d", out, tags.Size())
	}
	if _, err = read(&DecodeOptions{Limits: Limits{MaxTags: 2}}); !errors.Is(err, ErrLimit) {
		t.Errorf("3 tags where 2 are allowed: %v", err)
	}
}

func TestErrorText(t *testing.T) {
	e := &Error{Message: "FetchRequest", Version: 12, Path: "Topics[3].Partitions", Offset: 118, Detail: "70000 elements in 12 bytes", Err: io.ErrUnexpectedEOF}
	if got, want := e.Error(), "kwire: FetchRequest v12: Topics[3].Partitions: offset 118: 70000 elements in 12 bytes: unexpected EOF"; got != want {
		t.Errorf("have %s\nwant %s", got, want)
	}
	if got, want := (&Error{Offset: -1, Err: ErrTooLong}).Error(), "kwire: too long for the protocol"; got != want {
		t.Errorf("have %s\nwant %s", got, want)
	}
}

func TestEncodePaths(t *testing.T) {
	var e Encode
	e.In("Ignored", 1)
	e.String("Name", MaxStringBytes)
	if e.Failed() {
		t.Fatal("the longest string is refused")
	}
	e.String("Name", MaxStringBytes+1)
	e.Null("Later")
	e.In("Partitions", 2)
	e.In("Topic", -1)
	if e.Err().Path != "Topic.Partitions[2].Name" || !errors.Is(e.Err(), ErrTooLong) {
		t.Errorf("have %v", e.Err())
	}
}

// Lengths that an int of 32 bits cannot hold are too long, on every machine.
func TestLengthsOfMoreThan31Bits(t *testing.T) {
	for _, n := range []uint32{math.MaxInt32 + 2, math.MaxUint32} {
		b := append(AppendUvarint(nil, n), 1, 2, 3)
		for _, lenient := range []bool{false, true} {
			for name, read := range map[string]func(r *Reader){
				"String":       func(r *Reader) { r.String(0, true) },
				"NullString":   func(r *Reader) { r.NullString(0, true) },
				"Bytes":        func(r *Reader) { r.Bytes(0, true) },
				"NullBytes":    func(r *Reader) { r.NullBytes(0, true) },
				"ArrayLen":     func(r *Reader) { r.ArrayLen(0, true, 1) },
				"NullArrayLen": func(r *Reader) { r.NullArrayLen(0, true, 0) },
			} {
				r := NewReader(b, &DecodeOptions{Lenient: lenient})
				if read(&r); !errors.Is(r.Err(), io.ErrUnexpectedEOF) || r.Err().Offset != 0 {
					t.Errorf("%s of %d, lenient %v: %v", name, n, lenient, r.Err())
				}
			}
			tag := append(AppendUvarint([]byte{1, 7}, n), 1, 2, 3)
			r := NewReader(tag, &DecodeOptions{Lenient: lenient})
			var tags *Tags
			var tr TagReader
			for at := 0; tr.Next(&r, at); {
				at = tr.Keep(&r, &tags)
			}
			if !errors.Is(r.Err(), io.ErrUnexpectedEOF) || tags.Len() != 0 {
				t.Errorf("tag of %d bytes, lenient %v: %v", n, lenient, r.Err())
			}
		}
	}
}

// The budget of memory is spent by arrays and structs that may be null, and what is over it is said.
func TestLimitOfMemory(t *testing.T) {
	b := append(AppendArrayLen(nil, 8, false), make([]byte, 8*4)...)
	read := func(o *DecodeOptions) (*Error, int) {
		r := NewReader(b, o)
		numbers, _ := r.Int32s(0, nil, nil, false)
		return r.Err(), len(numbers)
	}
	if err, n := read(&DecodeOptions{Limits: Limits{MaxAllocBytes: 32}}); err != nil || n != 8 {
		t.Error(n, err)
	}
	err, n := read(&DecodeOptions{Limits: Limits{MaxAllocBytes: 31}})
	if n != 0 || err == nil || err.Error() != "kwire: offset 4: 8 elements of 4 bytes in memory, 31 bytes more allowed: over a limit" {
		t.Error(n, err)
	}
	if err, _ := read(&DecodeOptions{Limits: Limits{MaxElements: 7}}); !errors.Is(err, ErrLimit) {
		t.Error(err)
	}
	r := NewReader(nil, &DecodeOptions{Limits: Limits{MaxAllocBytes: 7}})
	if New[int64](&r, 0, nil); !errors.Is(r.Err(), ErrLimit) {
		t.Error(r.Err())
	}
	if old := new(int64); New(&r, 0, old) != old {
		t.Error("what is there is not used again")
	}
}

func TestUUIDs(t *testing.T) {
	u := UUID{0xfb, 0xff, 0xbf, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	for _, text := range []string{u.String(), strings.NewReplacer("-", "+", "_", "/").Replace(u.String()) + "=="} {
		if got, err := ParseUUID(text); err != nil || got != u {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "short", u.String() + "A", strings.Repeat("!", 22), strings.Repeat("A", 30)} {
		if got, err := ParseUUID(text); err != ErrUUID || !got.IsZero() {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestTagsThatAreNone(t *testing.T) {
	var none *Tags
	if none.Len() != 0 || none.Size() != 0 || !bytes.Equal(none.AppendAll(nil, new(Encode)), []byte{0}) {
		t.Error("no tags are something")
	}
}

// Arrays are empty, not null, whoever gives their memory.
func TestEmptyArraysAreNotNull(t *testing.T) {
	for _, flexible := range []bool{false, true} {
		b := AppendArrayLen(nil, 0, flexible)
		r := NewReader(b, nil)
		if got, at := r.Int32s(0, nil, new(Slab[int32]), flexible); got == nil || at != len(b) {
			t.Error("of numbers:", got, at)
		}
		if got, at := new(Slab[string]).Array(&r, 0, nil, flexible, 1); got == nil || at != len(b) {
			t.Error("of a slab:", got, at)
		}
		if got, at := Array[string](&r, 0, nil, flexible, 1); got == nil || at != len(b) {
			t.Error("of its own:", got, at)
		}
	}
}
