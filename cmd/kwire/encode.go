package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/kwire-project/kafka/kwire/compose"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

const encodeSynopsis = `encode [flags] [JSON|-]

Writes a request or response as a frame, size and header first, from JSON in Kafka's form. JSON is a
file or the text itself; without it, or with -, standard input is read. It is the body's object,
named by -api, -version and -type; or what kwire decode -o json printed, which names itself. Fields
that are left out have their default. Messages of other types are written as they are.

Bytes are base64, and so are record batches: whole, as Kafka stores them. The JSON of a batch's
contents, which kwire decode -o json -records prints, is not turned back into a batch.`

// encodeFlags are the flags of encode.
type encodeFlags struct {
	want        wanted
	form        string
	correlation int
	client      string
	bodyOnly    bool
}

// selfNamed is the JSON of decode, as far as encode reads it.
type selfNamed struct {
	Name    string
	Version *int16
	Header  map[string]any
	Body    map[string]any
	Error   string
}

func encode(args []string, s streams) error {
	var f encodeFlags
	fs := flag.NewFlagSet("encode", flag.ContinueOnError)
	fs.StringVar(&f.want.api, "api", "", "API key, or name of an API or message")
	fs.IntVar(&f.want.version, "version", -1, "version of the message; the highest stable one if not given")
	fs.StringVar(&f.want.kind, "type", "", "request (if not given), response, header, data, metadata, coordinator-key, coordinator-value")
	fs.StringVar(&f.form, "o", "hex", "output: hex, base64 or binary")
	fs.IntVar(&f.correlation, "correlation", 1, "correlation id of the header")
	fs.StringVar(&f.client, "client", "kwire", "client id of a request's header")
	fs.BoolVar(&f.bodyOnly, "body", false, "without size and header")
	arg, err := parse(fs, args, s, encodeSynopsis)
	if err != nil {
		return err
	}
	if f.form != "hex" && f.form != "base64" && f.form != "binary" {
		return usagef("no output %q: hex, base64 or binary", f.form)
	}
	text, err := readText(arg, s)
	if err != nil {
		return err
	}
	d := json.NewDecoder(newReader(text))
	d.UseNumber()
	w := bufio.NewWriter(s.out)
	for n := 0; ; n++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) && n > 0 {
			return w.Flush()
		} else if err != nil {
			return fmt.Errorf("the input is no JSON: %w", err)
		}
		out, err := f.one(raw)
		if err != nil {
			return err
		}
		switch f.form {
		case "hex":
			fmt.Fprintf(w, "%x\n", out)
		case "base64":
			fmt.Fprintln(w, base64.StdEncoding.EncodeToString(out))
		default:
			w.Write(out)
		}
	}
}

// one encodes one JSON value.
func (f encodeFlags) one(raw json.RawMessage) ([]byte, error) {
	var v map[string]any
	if err := unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("want a JSON object: %w", err)
	}
	var named selfNamed
	if _, ok := v["body"].(map[string]any); ok && unmarshal(raw, &named) == nil && named.Name != "" && named.Version != nil {
		if named.Error != "" {
			return nil, fmt.Errorf("%s was decoded with an error: %s", named.Name, named.Error)
		}
		f.want = wanted{api: named.Name, version: int(*named.Version)}
		v = named.Body
	}
	m, err := f.want.message()
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, usagef("-api says which message the JSON is")
	}
	if f.want.kind == "response" && m.Kind == schema.KindRequest {
		m = schema.Response(m.Key)
	}
	version := f.want.version
	if version < 0 {
		version = int(stable(m))
	}
	if version > 1<<15-1 {
		return nil, usagef("no version %d", version)
	}
	body, err := compose.Value(nil, m, int16(version), v)
	if err != nil || !isMessage(m.Kind) || f.bodyOnly {
		return body, err
	}
	return f.frame(m, int16(version), named.Header, body)
}

// stable is the highest version that Kafka has declared stable.
func stable(m *schema.Message) int16 {
	v := m.Versions.Max()
	for v > m.Versions.Min() && m.Unstable.Has(v) {
		v--
	}
	return v
}

// frame puts size and header before a body.
func (f encodeFlags) frame(m *schema.Message, version int16, header map[string]any, body []byte) ([]byte, error) {
	h, hv := schema.ByName("ResponseHeader"), schema.ResponseHeaderVersion(m.Key, version)
	fields := map[string]any{"correlationId": json.Number(fmt.Sprint(f.correlation))}
	if m.Kind == schema.KindRequest {
		h, hv = schema.ByName("RequestHeader"), schema.RequestHeaderVersion(m.Key, version)
		fields["requestApiKey"] = json.Number(fmt.Sprint(m.Key))
		fields["requestApiVersion"] = json.Number(fmt.Sprint(version))
		fields["clientId"] = f.client
	}
	if header != nil {
		fields = header
	}
	out, err := compose.Value(make([]byte, 4, 64+len(body)), h, hv, fields)
	if err != nil {
		return nil, err
	}
	out = append(out, body...)
	wire.AppendInt32(out[:0], int32(len(out)-4))
	return out, nil
}
