package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/wire"
)

const dumpSynopsis = `dump [flags] FILE|DIR…

Prints the files of Kafka's log directories: log segments batch by batch (with -records, record by
record), indexes, snapshots of producers, checkpoints, properties, and the logs in which Kafka keeps
its own state: __cluster_metadata with its snapshots, __consumer_offsets, __transaction_state,
__share_group_state. A directory's files come in the order of their names. What a file is, is found
out from its name and its bytes. After damage the next whole batch is looked for. The exit status is 1
if anything is damaged.

With -replay, the state of the cluster that the metadata log says after an offset: give its directory,
or a segment or a snapshot of it.`

// dumper prints files, and counts what is wrong with them.
type dumper struct {
	out      *bufio.Writer
	err      io.Writer
	json     bool
	records  bool
	progress *progress
	file     string // that is being printed
	what     stored.File
	damages  int    // in it
	first    string // the first of them
	damaged  bool
}

func dump(args []string, s streams) error {
	d := dumper{out: bufio.NewWriterSize(s.out, 1<<16), err: s.err, progress: newProgress(s.err, s.out)}
	fs := flag.NewFlagSet("dump", flag.ContinueOnError)
	fs.BoolVar(&d.json, "json", false, "JSON, a line for each batch, entry or line of a file; bytes in base64")
	fs.BoolVar(&d.records, "records", false, "the records of each batch")
	replay := fs.String("replay", "", "instead: the cluster's state after the record of `OFFSET` of the metadata log, or \"end\"")
	paths, err := parseMany(fs, args, s, dumpSynopsis)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return usagef("a file or a directory is wanted")
	}
	if *replay != "" {
		return d.replay(*replay, paths)
	}
	for _, path := range paths {
		err := d.path(path)
		if flushed := d.out.Flush(); err == nil {
			err = flushed
		}
		if err != nil {
			return err
		}
	}
	if d.damaged {
		return errDamage
	}
	return nil
}

// path prints a file, or all files of a directory and those below it.
func (d *dumper) path(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		known, err := d.open(path)
		if err == nil && !known {
			d.file, d.damages = path, 0
			d.damage(0, 0, "not a file of a log directory that is known (kwire decode reads frames)")
			d.done()
		}
		return err
	}
	return filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		known, err := d.open(name)
		if err == nil && !known && e.Name() != ".lock" {
			d.out.Flush()
			fmt.Fprintf(d.err, "kwire dump: %s: skipped, not a file of a log directory that is known\n", name)
		}
		return err
	})
}

// open prints one file, if it is known.
func (d *dumper) open(name string) (known bool, err error) {
	in, closer, err := openBytes(name, d.progress)
	if err != nil {
		return false, err
	}
	defer closer.Close()
	what := stored.Recognise(absolute(name), in.At(0, stored.HeadBytes), in.size, compress.All)
	if in.err != nil {
		return false, in.err
	}
	if what.Kind == stored.Unknown {
		return false, nil
	}
	d.file, d.what, d.damages = name, what, 0
	d.progress.start(name, in.size)
	d.head(in.size)
	if what.HasBatches() {
		d.segment(in)
	} else {
		d.entries(in)
	}
	d.progress.stop()
	d.done()
	if in.err != nil {
		return true, fmt.Errorf("%s: %w", name, in.err)
	}
	return true, d.out.Flush()
}

// absolute is the whole path: the name of its directory tells whose log a segment is of.
func absolute(name string) string {
	if whole, err := filepath.Abs(name); err == nil {
		return whole
	}
	return name
}

// head announces a file.
func (d *dumper) head(size int64) {
	if d.json {
		d.line(struct {
			File string `json:"file"`
			Kind string `json:"kind"`
			Log  string `json:"log,omitempty"`
			Size int64  `json:"sizeInBytes"`
		}{d.file, d.what.Kind.String(), d.what.Log, size})
		return
	}
	fmt.Fprintf(d.out, "%s: %s, %s\n", d.file, d.what, wire.CountBytes(int(size)))
}

// line prints a line of JSON.
func (d *dumper) line(v any) {
	e := json.NewEncoder(d.out) // which ends the line
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("kwire: internal: " + err.Error()) // only of what we made ourselves
	}
}

// row prints a line of text about what begins at an offset of the file.
func (d *dumper) row(at int64, text string) { fmt.Fprintf(d.out, "%10d  %s\n", at, text) }

// damage reports what is wrong with bytes of the file; size is 0 where only a place is known.
func (d *dumper) damage(at, size int64, reason string) {
	if d.damages++; d.damages == 1 {
		d.first = fmt.Sprintf("at byte %d: %s", at, reason)
	}
	switch {
	case d.json:
		d.line(struct {
			File  string `json:"file"`
			At    int64  `json:"at"`
			Size  int64  `json:"sizeInBytes,omitempty"`
			Error string `json:"error"`
		}{d.file, at, size, reason})
	case size > 0:
		d.row(at, fmt.Sprintf("DAMAGED, %s: %s", wire.CountBytes(int(size)), reason))
	default:
		d.row(at, "DAMAGED: "+reason)
	}
}

// done sums up what is wrong with a file.
func (d *dumper) done() {
	if d.damages == 0 {
		return
	}
	d.damaged = true
	d.out.Flush()
	more := ""
	if d.damages > 1 {
		more = fmt.Sprintf(" (%d places are damaged, this is the first)", d.damages)
	}
	fmt.Fprintf(d.err, "kwire dump: %s: %s%s\n", d.file, d.first, more)
}

// because is what an error says without its offset.
func because(e *wire.Error) string {
	text := e.Err.Error()
	if e.Path != "" {
		text = e.Path + ": " + text
	}
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}

// words joins what is not empty.
func words(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, ", ")
}
