package compose

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Causes of an Error besides those of package wire, for errors.Is.
var (
	// ErrUnknownField is the cause when a message has no field of a name.
	ErrUnknownField = errors.New("no such field")
	// ErrType is the cause when a value is of a kind that the field cannot have.
	ErrType = errors.New("wrong kind of value")
)

// Message appends a message at a version to dst, from one JSON object. An error of the message is a
// *wire.Error whose path has the names of the JSON; dst is then as it was.
func Message(dst []byte, m *schema.Message, version int16, text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return dst, err
	}
	if _, err := d.Token(); err != io.EOF {
		return dst, errors.New("more than one JSON value")
	}
	return Value(dst, m, version, v)
}

// Value is Message for JSON that has been read into maps, slices, strings, json.Numbers and bools.
func Value(dst []byte, m *schema.Message, version int16, v any) ([]byte, error) {
	fail := func(e *wire.Error) ([]byte, error) {
		e.Message, e.Version, e.Offset = m.Name, version, -1
		return dst, e
	}
	if !m.Versions.Has(version) {
		return fail(&wire.Error{Err: wire.ErrUnsupportedVersion, Detail: "it has versions " + m.Versions.String()})
	}
	w := writer{version: version, flex: m.Flexible.Has(version)}
	members, ok := v.(map[string]any)
	if !ok {
		return fail(&wire.Error{Err: ErrType, Detail: "want an object, have " + kindOf(v)})
	}
	out, err := w.fields(dst, m.Fields, members)
	if err != nil {
		return fail(err)
	}
	return out, nil
}

type writer struct {
	version int16
	flex    bool
}

// fields appends the fields of a message or struct.
func (w writer) fields(dst []byte, fields []*schema.Field, members map[string]any) ([]byte, *wire.Error) {
	if err := w.known(fields, members); err != nil {
		return dst, err
	}
	var err *wire.Error
	for _, f := range fields {
		if !f.Versions.Has(w.version) || f.Tagged.Has(w.version) {
			continue
		}
		if dst, err = w.member(dst, f, members); err != nil {
			return dst, err
		}
	}
	if !w.flex {
		return dst, nil
	}
	return w.tags(dst, fields, members)
}

// known refuses members that are no fields, and those that the version cannot carry.
func (w writer) known(fields []*schema.Field, members map[string]any) *wire.Error {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var here, elsewhere *schema.Field
		for _, f := range fields {
			switch {
			case f.JSONName != name:
			case f.Versions.Has(w.version):
				here = f
			default:
				elsewhere = f
			}
		}
		switch {
		case here != nil, elsewhere != nil && elsewhere.Ignorable:
		case elsewhere != nil:
			return &wire.Error{Path: name, Err: wire.ErrUnsupportedField, Detail: "it is in versions " + elsewhere.Versions.String()}
		default:
			return unknown(fields, name)
		}
	}
	return nil
}

func unknown(fields []*schema.Field, name string) *wire.Error {
	for _, f := range fields {
		if f.Type == schema.Records && name == f.JSONName+"SizeInBytes" {
			return &wire.Error{Path: name, Err: ErrUnknownField, Detail: "it only says how long the batches were: give them as " + f.JSONName + " in base64"}
		}
	}
	return &wire.Error{Path: name, Err: ErrUnknownField}
}

// member appends a field's value, or its default if it is left out.
func (w writer) member(dst []byte, f *schema.Field, members map[string]any) ([]byte, *wire.Error) {
	v, ok := members[f.JSONName]
	if !ok {
		return w.byDefault(dst, f), nil
	}
	dst, err := w.field(dst, f, v)
	return dst, within(err, f.JSONName)
}

// within puts a step before the path of an error on its way out.
func within(err *wire.Error, step string) *wire.Error {
	if err != nil {
		switch {
		case err.Path == "":
			err.Path = step
		case err.Path[0] == '[':
			err.Path = step + err.Path
		default:
			err.Path = step + "." + err.Path
		}
	}
	return err
}

// tags appends the tagged section: the fields that differ from their defaults, by tag.
func (w writer) tags(dst []byte, fields []*schema.Field, members map[string]any) ([]byte, *wire.Error) {
	type tagged struct {
		id   uint32
		data []byte
	}
	var all []tagged
	for _, f := range fields {
		if !f.Tagged.Has(w.version) {
			continue
		}
		v, ok := members[f.JSONName]
		if !ok {
			continue
		}
		data, err := w.field(nil, f, v)
		if err != nil {
			return dst, within(err, f.JSONName)
		}
		if bytes.Equal(data, w.byDefault(nil, f)) {
			continue
		}
		at := len(all)
		for at > 0 && all[at-1].id > uint32(f.Tag) {
			at--
		}
		all = append(all[:at], append([]tagged{{uint32(f.Tag), data}}, all[at:]...)...)
	}
	dst = wire.AppendUvarint(dst, uint32(len(all)))
	for _, t := range all {
		dst = append(wire.AppendTag(dst, t.id, len(t.data)), t.data...)
	}
	return dst, nil
}

func (w writer) field(dst []byte, f *schema.Field, v any) ([]byte, *wire.Error) {
	flex := w.flex && !f.NeverFlexible
	if v == nil {
		if !f.Nullable.Has(w.version) {
			return dst, &wire.Error{Err: wire.ErrNull}
		}
		return w.null(dst, f, flex), nil
	}
	if !f.Array {
		return w.value(dst, f, flex, v)
	}
	elements, ok := v.([]any)
	if !ok {
		return dst, wrongKind("an array", v)
	}
	dst = wire.AppendArrayLen(dst, len(elements), flex)
	var err *wire.Error
	for i, element := range elements {
		if element == nil {
			err = &wire.Error{Err: wire.ErrNull}
		} else if f.Struct != nil {
			dst, err = w.object(dst, f, element)
		} else {
			dst, err = w.value(dst, f, flex, element)
		}
		if err != nil {
			return dst, within(err, "["+strconv.Itoa(i)+"]")
		}
	}
	return dst, nil
}

// null appends the null of a field.
func (w writer) null(dst []byte, f *schema.Field, flex bool) []byte {
	switch {
	case f.Array:
		return wire.AppendArrayLen(dst, -1, flex)
	case f.Struct != nil && f.Tagged.Has(w.version):
		return append(dst, 0)
	case f.Struct != nil:
		return append(dst, 0xff)
	case f.Type == schema.String:
		return wire.AppendNullString(dst, wire.Null[string]{}, flex)
	}
	return wire.AppendArrayLen(dst, -1, flex)
}

func (w writer) object(dst []byte, f *schema.Field, v any) ([]byte, *wire.Error) {
	members, ok := v.(map[string]any)
	if !ok {
		return dst, wrongKind("an object", v)
	}
	return w.fields(dst, f.Struct.Fields, members)
}

// byDefault appends the default of a field.
func (w writer) byDefault(dst []byte, f *schema.Field) []byte {
	flex := w.flex && !f.NeverFlexible
	var v any
	switch {
	case f.Default == "null" && f.Nullable.Has(w.version), f.Type == schema.Records && f.Nullable.Has(w.version):
		return w.null(dst, f, flex)
	case f.Array:
		return wire.AppendArrayLen(dst, 0, flex)
	case f.Struct != nil:
		v = map[string]any{}
	case f.Type == schema.String:
		v = f.Default
		if f.Default == "null" {
			v = ""
		}
	case f.Type == schema.Bytes, f.Type == schema.Records:
		v = ""
	case f.Type == schema.UUID:
		return wire.AppendUUID(dst, wire.UUID{})
	case f.Type == schema.Bool:
		v = f.Default == "true"
	case f.Default == "":
		v = json.Number("0")
	default:
		v = json.Number(f.Default)
	}
	out, err := w.value(dst, f, flex, v)
	if err != nil {
		panic("compose: internal: the default of " + f.Name + ": " + err.Error())
	}
	return out
}
