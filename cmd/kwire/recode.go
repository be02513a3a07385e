package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

const recodeSynopsis = `recode [flags] [FILE|-]

Reads JSON lines {"name":"ProduceRequest","version":3,"hex":"…"}, where name is that of any request,
response, header, data or record, and answers one line each: {"ok":true,"hex":"…","json":{…}} or
{"ok":false,"error":"…"}. hex is what the typed codec wrote after reading the message, json what the
tables read from it.`

// recodeLine is one line of input.
type recodeLine struct {
	Name    string
	Version int16
	Hex     string
}

// recodeAnswer is one line of output.
type recodeAnswer struct {
	OK    bool            `json:"ok"`
	Hex   *string         `json:"hex,omitempty"`
	JSON  json.RawMessage `json:"json,omitempty"`
	Error string          `json:"error,omitempty"`
}

func recode(args []string, s streams) error {
	fs := flag.NewFlagSet("recode", flag.ContinueOnError)
	o := inspect.Options{Decompressor: compress.All}
	fs.BoolVar(&o.JSONRecords, "records", false, "record batches with their records, not only their size")
	fs.BoolVar(&o.Lenient, "lenient", false, "accept what Kafka's own readers accept")
	arg, err := parse(fs, args, s, recodeSynopsis)
	if err != nil {
		return err
	}
	in := s.in
	if arg != "" && arg != "-" {
		text, err := readText(arg, s)
		if err != nil {
			return err
		}
		in = newReader(text)
	}
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriter(s.out)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return w.Flush()
		}
		if err != nil {
			w.Flush()
			return err
		}
		if len(line) == 0 {
			continue
		}
		if err := e.Encode(recodeOne(line, o)); err != nil {
			return err
		}
		if r.Buffered() == 0 { // whoever waits for the answer gets it before the next line
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
}

// maxLineBytes bounds a line of input.
const maxLineBytes = 256 << 20

// readLine returns the next line without its end; io.EOF when there is none.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLineBytes:
			return nil, fmt.Errorf("a line of more than %d bytes", maxLineBytes)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)):
			return nil, err
		}
		for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
			line = line[:len(line)-1]
		}
		return line, nil
	}
}

// recodeOne reads and writes the message of one line.
func recodeOne(line []byte, o inspect.Options) recodeAnswer {
	fail := func(err error) recodeAnswer { return recodeAnswer{Error: err.Error()} }
	var in recodeLine
	if err := json.Unmarshal(line, &in); err != nil {
		return fail(err)
	}
	src, err := hex.DecodeString(in.Hex)
	if err != nil {
		return fail(err)
	}
	m, table := kwire.New(in.Name), schema.ByName(in.Name)
	if m == nil || table == nil {
		return fail(fmt.Errorf("no message is called %q", in.Name))
	}
	if _, err := m.DecodeFrom(src, in.Version, &wire.DecodeOptions{Lenient: o.Lenient}); err != nil {
		return fail(err)
	}
	out, err := m.AppendTo(nil, in.Version)
	if err != nil {
		return fail(err)
	}
	text, _, err := o.AppendJSON(nil, table, in.Version, src)
	if err != nil {
		return fail(err)
	}
	written := hex.EncodeToString(out)
	return recodeAnswer{OK: true, Hex: &written, JSON: text}
}
