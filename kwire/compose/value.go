package compose

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// value appends one value that is neither null nor an array.
func (w writer) value(dst []byte, f *schema.Field, flex bool, v any) ([]byte, *wire.Error) {
	switch f.Type {
	case schema.StructType:
		if f.Nullable.Has(w.version) {
			dst = append(dst, 1) // present: as an int8, and in a tagged field as a varint
		}
		return w.object(dst, f, v)
	case schema.Bool:
		b, ok := v.(bool)
		if !ok {
			return dst, wrongKind("true or false", v)
		}
		return wire.AppendBool(dst, b), nil
	case schema.Float64:
		return appendFloat(dst, v)
	case schema.UUID, schema.String, schema.Bytes, schema.Records:
		s, ok := v.(string)
		if !ok {
			return dst, wrongKind("a string", v)
		}
		return appendText(dst, f.Type, flex, s)
	}
	return appendInteger(dst, f.Type, v)
}

func appendText(dst []byte, t schema.Type, flex bool, s string) ([]byte, *wire.Error) {
	switch t {
	case schema.UUID:
		u, err := wire.ParseUUID(s)
		if err != nil {
			return dst, &wire.Error{Err: wire.ErrValue, Detail: strconv.Quote(s) + " is " + err.Error()}
		}
		return wire.AppendUUID(dst, u), nil
	case schema.String:
		if len(s) > wire.MaxStringBytes {
			return dst, &wire.Error{Err: wire.ErrTooLong, Detail: "string of " + strconv.Itoa(len(s)) + " bytes"}
		}
		return wire.AppendString(dst, s, flex), nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return dst, &wire.Error{Err: wire.ErrValue, Detail: "bytes are written in base64: " + err.Error()}
	}
	return wire.AppendBytes(dst, b, flex), nil
}

func appendFloat(dst []byte, v any) ([]byte, *wire.Error) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return dst, &wire.Error{Err: wire.ErrValue, Detail: string(v)}
		}
		return wire.AppendFloat64(dst, f), nil
	case string: // JSON has no numbers for these
		switch v {
		case "NaN":
			return wire.AppendFloat64(dst, math.NaN()), nil
		case "Infinity":
			return wire.AppendFloat64(dst, math.Inf(1)), nil
		case "-Infinity":
			return wire.AppendFloat64(dst, math.Inf(-1)), nil
		}
	}
	return dst, wrongKind("a number", v)
}

// bounds are the least and greatest values of the integers.
var bounds = [...]struct{ min, max int64 }{
	schema.Int8:   {math.MinInt8, math.MaxInt8},
	schema.Int16:  {math.MinInt16, math.MaxInt16},
	schema.Uint16: {0, math.MaxUint16},
	schema.Int32:  {math.MinInt32, math.MaxInt32},
	schema.Uint32: {0, math.MaxUint32},
	schema.Int64:  {math.MinInt64, math.MaxInt64},
}

func appendInteger(dst []byte, t schema.Type, v any) ([]byte, *wire.Error) {
	number, ok := v.(json.Number)
	if !ok {
		return dst, wrongKind("a number", v)
	}
	n, err := number.Int64()
	if b := bounds[t]; err != nil || n < b.min || n > b.max {
		return dst, &wire.Error{Err: wire.ErrValue, Detail: string(number) + " is no " + t.String()}
	}
	switch t.FixedBytes() {
	case 1:
		return wire.AppendInt8(dst, int8(n)), nil
	case 2:
		return wire.AppendInt16(dst, int16(n)), nil
	case 4:
		return wire.AppendInt32(dst, int32(n)), nil
	}
	return wire.AppendInt64(dst, n), nil
}

func wrongKind(want string, have any) *wire.Error {
	return &wire.Error{Err: ErrType, Detail: "want " + want + ", have " + kindOf(have)}
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a bool"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "something else"
}
