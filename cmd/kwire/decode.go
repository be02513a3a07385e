package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"slices"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/exchange"
	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

const decodeSynopsis = `decode [flags] [INPUT|-]

Explains bytes of Kafka's protocol. INPUT is a file or the bytes themselves, as hex in any style,
base64 or binary; without it, or with -, standard input is read. Frames are as on the wire, one or
many back to back; what the flags do not say is found out. A response does not say what it is: give
its request before it, or flags. Of a capture file (pcap, pcapng, kwire) the messages of all connections
are listed; -o tree explains them. The exit status is 1 if a byte is wrong, missing or left over.`

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
	fs.StringVar(&d.form, "o", "", "output: tree, json (Kafka's form, one line per frame), hex or list (a line per message, the default for capture files)")
	withRecords := fs.Bool("records", false, "with -o json: record batches with their records, not only their size")
	lenient := fs.Bool("lenient", false, "accept what Kafka's own readers accept: bytes left over, unordered tags, …")
	format := fs.String("in", "", "how the input is written, if not to be recognised: one of `FORMAT` "+fmt.Sprint(capture.Names()))
	arg, err := parse(fs, args, s, decodeSynopsis)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"", "tree", "json", "hex", "list"}, d.form) {
		return usagef("no output %q: tree, json, hex or list", d.form)
	}
	d.options = inspect.Options{Lenient: *lenient, JSONRecords: *withRecords, Decompressor: compress.All}
	input, err := readBytes(arg, *format, s)
	if err != nil {
		return err
	}
	if len(input.Bytes) == 0 {
		return usagef("no bytes in the input")
	}
	frames := d.frames(input)
	if d.form == "" {
		d.form = "tree"
		if len(input.Connections) > 0 {
			d.form = "list"
		}
	}
	for _, note := range input.Notes {
		fmt.Fprintln(d.err, "note:", note)
	}
	if d.form == "list" {
		err = d.list(input, frames)
		frames = nil
	}
	for _, f := range frames {
		switch {
		case f.Kind != exchange.Message:
			fmt.Fprintln(d.out, whatIsNoMessage(f))
		default:
			err = d.frame(input.Bytes[f.Start:f.End], f)
		}
		if err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if d.damaged {
		return errDamage
	}
	return nil
}

// frames are those of an input. A message that has neither size nor header is one, whatever it
// holds.
func (d *decoder) frames(input capture.Result) []exchange.Frame {
	if d.want.kind == "" || d.want.kind == "request" || d.want.kind == "response" {
		return exchange.Frames(input)
	}
	var frames []exchange.Frame
	for i, c := range input.Chunks {
		frames = append(frames, exchange.Frame{Start: c.Start, End: c.End, Side: c.Side, Chunk: i, Pair: -1})
	}
	return frames
}

func (d *decoder) frame(frame []byte, f exchange.Frame) error {
	readings, err := d.readings(frame, f)
	if err != nil {
		return err
	}
	l := readings[0].Layout
	tree := d.read(frame, l)
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
	printErrors(d.err, tree, d.options)
	return nil
}

// read reads a frame as the layout says.
func (d *decoder) read(frame []byte, l inspect.Layout) *inspect.Tree {
	if l.Kind == schema.KindResponse && l.HeaderVersion != inspect.NoHeader && l.Sized {
		return d.options.Response(frame, l.Key, l.Version) // which knows that ApiVersions may be answered in v0
	}
	return d.options.Frame(frame, l)
}

// readings are the ways to read a frame. The answer to a request seen before comes first: a damaged
// one too, unless all bytes are a request that happens to start like it.
func (d *decoder) readings(frame []byte, f exchange.Frame) ([]inspect.Reading, error) {
	if f.Known && d.want == (wanted{version: -1}) {
		return []inspect.Reading{{Layout: f.Layout, Score: 100, Exact: true}}, nil
	}
	side := f.Side
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
	d.asked[int32(binary.BigEndian.Uint32(frame[8:]))] = exchange.Answer(l)
}
