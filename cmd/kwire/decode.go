package main

import (
	"encoding/binary"
	"flag"
	"fmt"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

const decodeSynopsis = `decode [flags] [INPUT|-]

Explains bytes of Kafka's protocol. INPUT is a file or the bytes themselves, as hex in any style,
base64 or binary; without it, or with -, standard input is read. Frames are as on the wire, one or
many back to back; what the flags do not say is found out. A response does not say what it is: give
its request before it, or flags. The exit status is 1 if a byte is wrong, missing or left over.`

// decoder prints what it makes of bytes, in the form that the flags ask for.
type decoder struct {
	streams
	want    wanted
	form    string
	options inspect.Options
	asked   map[int32]inspect.Layout // answers to the requests seen, by correlation id
	damaged bool
}

// maxAsked bounds how many requests wait for their responses.
const maxAsked = 1 << 16

func decode(args []string, s streams) error {
	d := decoder{streams: s, asked: map[int32]inspect.Layout{}}
	fs := flag.NewFlagSet("decode", flag.ContinueOnError)
	fs.StringVar(&d.want.api, "api", "", "API key, or name of an API or message")
	fs.IntVar(&d.want.version, "version", -1, "version of the message")
	fs.StringVar(&d.want.kind, "type", "", typeNames())
	fs.StringVar(&d.form, "o", "tree", "output: tree, json (Kafka's form, one line per frame) or hex")
	withRecords := fs.Bool("records", false, "with -o json: record batches with their records, not only their size")
	lenient := fs.Bool("lenient", false, "accept what Kafka's own readers accept: bytes left over, unordered tags, …")
	format := fs.String("in", "", "how the input is written, if not to be recognised: one of `FORMAT` "+fmt.Sprint(capture.Names()))
	arg, err := parse(fs, args, s, decodeSynopsis)
	if err != nil {
		return err
	}
	if d.form != "tree" && d.form != "json" && d.form != "hex" {
		return usagef("no output %q: tree, json or hex", d.form)
	}
	d.options = inspect.Options{Lenient: *lenient, JSONRecords: *withRecords, Decompressor: compress.All}
	input, err := readBytes(arg, *format, s)
	if err != nil {
		return err
	}
	if len(input.Bytes) == 0 {
		return usagef("no bytes in the input")
	}
	for _, c := range input.Chunks {
		if err := d.chunk(input.Bytes[c.Start:c.End], c.Side); err != nil {
			return err
		}
	}
	if d.damaged {
		return errDamage
	}
	return nil
}

// chunk decodes the frames of one dump.
func (d *decoder) chunk(b []byte, side capture.Side) error {
	for len(b) > 0 {
		frame := b
		if payload, rest, err := kwire.NextFrame(b); err == nil && len(rest) > 0 && d.looksFramed(payload, rest) {
			frame = b[:len(b)-len(rest)]
		}
		if err := d.frame(frame, side); err != nil {
			return err
		}
		b = b[len(frame):]
	}
	return nil
}

// looksFramed reports whether what follows a frame begins with a size, so that the frame's was one,
// too. The last frame of a dump may be cut off.
func (d *decoder) looksFramed(payload, rest []byte) bool {
	if len(payload) < minFrameBytes || len(rest) < kwire.FrameSizeBytes || d.want.kind != "" && d.want.kind != "request" && d.want.kind != "response" {
		return false
	}
	n := int32(binary.BigEndian.Uint32(rest))
	return n >= minFrameBytes && n <= maxFrameBytes
}

// A frame has a correlation id at least, and Kafka's brokers refuse larger ones (socket.request.max.bytes).
const (
	minFrameBytes = 4
	maxFrameBytes = 100 << 20
)

func (d *decoder) frame(frame []byte, side capture.Side) error {
	readings, err := d.readings(frame, side)
	if err != nil {
		return err
	}
	l := readings[0].Layout
	tree := d.options.Frame(frame, l)
	if l.Kind == schema.KindResponse && l.HeaderVersion != inspect.NoHeader {
		tree = d.options.Response(frame, l.Key, l.Version) // which knows that ApiVersions may be answered in v0
		if !l.Sized {
			tree = d.options.Frame(frame, l)
		}
	}
	d.remember(frame, tree)
	failure := tree.First()
	switch d.form {
	case "hex":
		fmt.Fprintf(d.out, "%x\n", frame)
	case "json":
		err = printJSON(d.out, tree, d.options)
	default:
		err = printTree(d.out, tree, readings)
	}
	if err != nil {
		return err
	}
	if failure == nil {
		return nil
	}
	d.damaged = true
	if d.form == "json" {
		if err := printTree(d.err, tree, readings); err != nil { // the tree so far
			return err
		}
	}
	printErrors(d.err, tree)
	return nil
}

// readings are the ways to read a frame. The answer to a request seen before comes first: a damaged
// one too, unless all bytes are a request that happens to start like it.
func (d *decoder) readings(frame []byte, side capture.Side) ([]inspect.Reading, error) {
	answer, isAnswer := d.answer(frame, side)
	if isAnswer && answer.Exact {
		return []inspect.Reading{answer}, nil
	}
	found, err := d.want.layouts(frame, side)
	if err != nil || !isAnswer || len(found) > 0 && found[0].Exact && found[0].Layout.Kind == schema.KindRequest {
		return found, err
	}
	return append([]inspect.Reading{answer}, found...), nil
}

// answer reads a frame as the response to the request that has its correlation id.
func (d *decoder) answer(frame []byte, side capture.Side) (inspect.Reading, bool) {
	if side == capture.SideClient || d.want.kind == "request" || d.want.api != "" || d.want.version >= 0 || len(frame) < 8 {
		return inspect.Reading{}, false
	}
	l, ok := d.asked[int32(binary.BigEndian.Uint32(frame[4:]))]
	if !ok {
		return inspect.Reading{}, false
	}
	t := d.options.Response(frame, l.Key, l.Version)
	return inspect.Reading{Layout: t.Layout, Score: 100, Exact: t.Err == nil}, true
}

// remember notes what the response to a request will be.
func (d *decoder) remember(frame []byte, tree *inspect.Tree) {
	l := tree.Layout
	if l.Kind != schema.KindRequest || !l.Sized || len(frame) < 12 || len(d.asked) >= maxAsked {
		return
	}
	l.Kind, l.HeaderVersion = schema.KindResponse, schema.ResponseHeaderVersion(l.Key, l.Version)
	d.asked[int32(binary.BigEndian.Uint32(frame[8:]))] = l
}
