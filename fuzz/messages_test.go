package fuzz

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	gofuzz "github.com/google/gofuzz"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/stretchr/testify/require"
)

// layout is one message at one version.
type layout struct {
	m       *schema.Message
	version int16
}

func layouts() []layout {
	var out []layout
	for m := range schema.All() {
		for v := int16(0); v < 64; v++ {
			if m.Versions.Has(v) {
				out = append(out, layout{m, v})
			}
		}
	}
	return out
}

// FuzzFrame reads any bytes as a request, and as a response of any API.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("\x00\x12\x00\x04\x00\x00\x00\x07\x00\x02me\x00\x03me\x0200\x00"), int16(18), int16(4))
	f.Fuzz(func(t *testing.T, payload []byte, key, version int16) {
		if req, err := kwire.DecodeRequest(payload); err == nil {
			out, err := kwire.AppendRequest(nil, req.Header, req.Body, req.Header.APIVersion)
			require.NoError(t, err)
			back, rest, err := kwire.NextFrame(out)
			require.NoError(t, err)
			require.Empty(t, rest)
			_, err = kwire.DecodeRequest(back)
			require.NoError(t, err)
		}
		if resp, err := kwire.DecodeResponse(payload, kwire.APIKey(key), version); err == nil {
			_, err := kwire.AppendResponse(nil, resp.CorrelationID, resp.Body, resp.Version)
			require.NoError(t, err)
		}
	})
}

// Structs filled at random by gofuzz come back the same, at every version of every message.
func TestFilledStructsComeBack(t *testing.T) {
	const rounds = 5
	seed := int64(rand.Uint64() >> 1)
	fill := filler(seed)
	for _, l := range layouts() {
		for range rounds {
			m := kwire.New(l.m.Name)
			fill.Fuzz(m)
			pruneMessage(m, l)
			b, err := m.AppendTo(nil, l.version)
			require.NoError(t, err, "%s v%d, seed %d", l.m.Name, l.version, seed)
			require.Len(t, b, m.Size(l.version), "%s v%d, seed %d", l.m.Name, l.version, seed)
			back := kwire.New(l.m.Name)
			_, err = back.DecodeFrom(b, l.version, nil)
			require.NoError(t, err, "%s v%d, seed %d: %x", l.m.Name, l.version, seed, b)
			require.Equal(t, m, back, "%s v%d, seed %d", l.m.Name, l.version, seed)
			again, err := back.AppendTo(nil, l.version)
			require.NoError(t, err)
			require.True(t, bytes.Equal(b, again), "%s v%d, seed %d", l.m.Name, l.version, seed)
		}
	}
}

// firstUnknownTag is above every tag that a schema uses.
const firstUnknownTag = 10_000

func filler(seed int64) *gofuzz.Fuzzer {
	return gofuzz.NewWithSeed(seed).NilChance(0.3).NumElements(0, 3).MaxDepth(12).Funcs(
		func(tags *wire.Tags, c gofuzz.Continue) {
			*tags = nil
			for i := range c.Intn(3) {
				*tags = append(*tags, wire.Tag{ID: uint32(firstUnknownTag + i*c.Intn(100) + i), Data: []byte(c.RandString())})
			}
		},
		func(n *wire.Null[string], c gofuzz.Continue) {
			*n = wire.Null[string]{}
			if c.RandBool() {
				*n = wire.Some(c.RandString())
			}
		},
		func(code *errcode.Code, c gofuzz.Continue) { *code = errcode.Code(c.Int31()) },
		func(u *wire.UUID, c gofuzz.Continue) { c.Read(u[:]) },
	)
}

func pruneMessage(m wire.Message, l layout) {
	prune(reflect.ValueOf(m).Elem(), l.m.Fields, l.version, l.m.Flexible.Has(l.version))
}

// prune makes v what a reader of that version would give: fields that it lacks get their default,
// null stays only where it may be, empty slices are not nil.
func prune(v reflect.Value, fields []*schema.Field, version int16, flexible bool) {
	for _, f := range fields {
		x := fieldOf(v, f.Name)
		if !f.Versions.Has(version) {
			x.Set(defaultOf(x.Type(), f, version))
			continue
		}
		nullable := f.Nullable.Has(version)
		switch {
		case f.Array || x.Kind() == reflect.Slice:
			if x.IsNil() && !nullable {
				if f.Tagged.Has(version) { // left out, so it comes back as the default
					x.Set(defaultOf(x.Type(), f, version))
				} else {
					x.Set(reflect.MakeSlice(x.Type(), 0, 0))
				}
			}
			if f.Tagged.Has(version) && !x.IsNil() && x.Len() == 0 && f.Default != "null" {
				x.Set(defaultOf(x.Type(), f, version))
			}
			if f.Struct != nil {
				for i := range x.Len() {
					prune(x.Index(i), f.Struct.Fields, version, flexible)
				}
			}
		case x.Kind() == reflect.Pointer:
			if x.IsNil() && !nullable {
				x.Set(reflect.New(x.Type().Elem()))
			}
			if !x.IsNil() {
				prune(x.Elem(), f.Struct.Fields, version, flexible)
			}
		case f.Type == schema.StructType:
			prune(x, f.Struct.Fields, version, flexible)
		case x.Type() == reflect.TypeFor[wire.Null[string]]() && !nullable:
			x.FieldByName("Valid").SetBool(true)
		}
	}
	if u := v.FieldByName("Unknown"); u.IsValid() && (!flexible || u.Interface().(*wire.Tags).Len() == 0) {
		u.SetZero()
	}
}

// fieldOf finds the Go field of a field of Kafka's, whose initialisms are written in capitals.
func fieldOf(v reflect.Value, name string) reflect.Value {
	x := v.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, name) })
	if !x.IsValid() {
		panic(v.Type().String() + " has no field " + name)
	}
	return x
}

// defaultOf is the default of a field as Go value.
func defaultOf(t reflect.Type, f *schema.Field, version int16) reflect.Value {
	x := reflect.New(t).Elem()
	switch {
	case f.Default == "null":
	case x.Kind() == reflect.Slice:
		if f.Nullable != 0 && f.Type != schema.Records {
			x.Set(reflect.MakeSlice(t, 0, 0))
		}
	case t == reflect.TypeFor[wire.Null[string]]():
		x.FieldByName("Valid").SetBool(true)
		x.FieldByName("V").SetString(f.Default)
	case x.Kind() == reflect.Pointer:
		x.Set(reflect.New(t.Elem()))
		allDefaults(x.Elem(), f.Struct.Fields, version)
	case f.Type == schema.StructType:
		allDefaults(x, f.Struct.Fields, version)
	case f.Default == "":
	case x.CanInt():
		n, err := strconv.ParseInt(f.Default, 10, 64)
		if err != nil {
			panic(err)
		}
		x.SetInt(n)
	case x.Kind() == reflect.Bool:
		x.SetBool(f.Default == "true")
	case x.Kind() == reflect.String:
		x.SetString(f.Default)
	default:
		panic("no default of type " + t.String())
	}
	return x
}

func allDefaults(v reflect.Value, fields []*schema.Field, version int16) {
	for _, f := range fields {
		x := fieldOf(v, f.Name)
		x.Set(defaultOf(x.Type(), f, version))
	}
}

// Every field of the tables is a field of a struct.
func TestEveryFieldHasAGoField(t *testing.T) {
	n := 0
	for m := range schema.All() {
		if m.Versions == 0 {
			continue
		}
		var check func(reflect.Type, []*schema.Field)
		seen := map[reflect.Type]bool{}
		check = func(typ reflect.Type, fields []*schema.Field) {
			if seen[typ] {
				return
			}
			seen[typ] = true
			for _, f := range fields {
				x := fieldOf(reflect.New(typ).Elem(), f.Name)
				n++
				if f.Struct == nil {
					continue
				}
				inner := x.Type()
				for slices.Contains([]reflect.Kind{reflect.Slice, reflect.Pointer}, inner.Kind()) {
					inner = inner.Elem()
				}
				check(inner, f.Struct.Fields)
			}
		}
		check(reflect.TypeOf(kwire.New(m.Name)).Elem(), m.Fields)
	}
	t.Logf("%d fields", n)
}
