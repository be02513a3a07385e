package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
)

// errReplayed ends the reading of files when the offset that was asked for has been reached.
var errReplayed = errors.New("the offset has been reached")

// replay prints the state that the metadata log has after an offset.
func (d *dumper) replay(offset string, paths []string) error {
	upTo := int64(math.MaxInt64)
	if offset != "end" {
		var err error
		if upTo, err = strconv.ParseInt(offset, 10, 64); err != nil || upTo < 0 {
			return usagef("-replay %q: an offset or \"end\"", offset)
		}
	}
	if len(paths) != 1 {
		return usagef("-replay wants one directory or file")
	}
	files, err := metadataFiles(paths[0], upTo)
	if err != nil {
		return err
	}
	s := stored.NewState()
	for _, name := range files {
		if err := d.replayFile(s, name, upTo); err != nil && !errors.Is(err, errReplayed) {
			return err
		}
	}
	switch {
	case s.Last < 0:
		return fmt.Errorf("%s has no record up to offset %s", paths[0], offset)
	case s.First > 0:
		fmt.Fprintf(d.err, "kwire dump: the files begin at offset %d: what was before is not in this state\n", s.First)
	}
	if s.Unread > 0 {
		d.damaged = true
		fmt.Fprintf(d.err, "kwire dump: %d records could not be read and are not in this state\n", s.Unread)
	}
	d.state(s)
	if err := d.out.Flush(); err != nil {
		return err
	}
	if d.damaged {
		return errDamage
	}
	return nil
}

// metadataFiles are the files that lead to an offset: in a directory, or in that of the metadata log below it, the
// newest snapshot that is not beyond it, and the segments after that.
func metadataFiles(path string, upTo int64) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	below := filepath.Join(path, inspect.MetadataLog+"-0")
	if info, err := os.Stat(below); err == nil && info.IsDir() {
		path = below
	}
	entries, err := os.ReadDir(path) // in the order of their names
	if err != nil {
		return nil, err
	}
	var segments, files []string
	var starts []int64
	from := int64(0)
	for _, e := range entries {
		f := stored.Named(e.Name())
		switch name := filepath.Join(path, e.Name()); {
		case !strings.HasSuffix(e.Name(), ".log") && !strings.HasSuffix(e.Name(), ".checkpoint"): // deleted, or not whole
		case f.Kind == stored.Segment:
			segments, starts = append(segments, name), append(starts, f.Base)
		case f.Kind == stored.MetadataSnapshot && f.Base > 0 && f.Base-1 <= upTo: // that of 0 is for the first start
			files, from = []string{name}, f.Base
		}
	}
	for i, name := range segments {
		if i+1 == len(segments) || starts[i+1] > from {
			files = append(files, name)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no segments or snapshots of the metadata log", path)
	}
	return files, nil
}

// replayFile gives a state the batches of a file.
func (d *dumper) replayFile(s *stored.State, name string, upTo int64) error {
	in, closer, err := openBytes(name, d.progress)
	if err != nil {
		return err
	}
	defer closer.Close()
	what := stored.Recognise(absolute(name), in.At(0, stored.HeadBytes), in.size, compress.All)
	if in.err == nil && (!what.HasBatches() || what.Log != inspect.MetadataLog && in.size > 0) {
		return fmt.Errorf("%s is no segment and no snapshot of %s", name, inspect.MetadataLog)
	}
	d.progress.start(name, in.size)
	defer d.progress.stop()
	defer d.done()
	d.file, d.what, d.damages = name, what, 0
	until, next := upTo, s.Last+1
	if what.Kind == stored.MetadataSnapshot {
		until, next = math.MaxInt64, 0 // its records have offsets of their own
	}
	for scan := stored.NewScanner(in); ; {
		p, ok := scan.Next()
		if !ok {
			break
		}
		if p.Kind == stored.Unused {
			continue
		}
		if p.Err != nil {
			d.damages++
			d.first = fmt.Sprintf("at byte %d: %s", p.Err.Offset, because(p.Err))
		}
		if b := in.At(p.Start, int(p.End-p.Start)); p.Kind == stored.Batch && lastOffset(b) >= next && !s.Apply(b, int(p.Start), until) {
			return errReplayed
		}
	}
	if what.Kind == stored.MetadataSnapshot {
		s.First, s.Last = 0, what.Base-1
	}
	if in.err != nil {
		return fmt.Errorf("%s: %w", name, in.err)
	}
	return nil
}

// lastOffset is that of a batch.
func lastOffset(b []byte) int64 {
	batch, err := records.ReadBatch(b)
	if err != nil {
		return -1
	}
	return batch.LastOffset()
}

// state prints a state.
func (d *dumper) state(s *stored.State) {
	items := s.Items()
	if d.json {
		d.line(struct {
			Offset  int64           `json:"offset"`
			Pending int             `json:"pendingRecords,omitempty"`
			State   json.RawMessage `json:"state"`
		}{s.Last, s.Pending(), appendItems(nil, items, false)})
		return
	}
	fmt.Fprintf(d.out, "state after offset %d\n", s.Last)
	if n := s.Pending(); n > 0 {
		fmt.Fprintf(d.out, "%d records of a transaction that has not ended are not in it\n", n)
	}
	d.items(items, 0)
}

func (d *dumper) items(items []stored.Item, depth int) {
	for _, it := range items {
		fmt.Fprintf(d.out, "%*s%s", 2*depth, "", it.Name)
		if it.Text != "" {
			fmt.Fprintf(d.out, " = %s\n", it.Text)
			continue
		}
		fmt.Fprintln(d.out)
		d.items(it.Below, depth+1)
	}
}

// appendItems appends an object of items, or an array of elements.
func appendItems(dst []byte, items []stored.Item, list bool) []byte {
	brackets := "{}"
	if list {
		brackets = "[]"
	}
	dst = append(dst, brackets[0])
	for i, it := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !list {
			dst = append(appendJSON(dst, it.Name), ':')
		}
		switch {
		case it.List && it.Text != "null", len(it.Below) > 0:
			dst = appendItems(dst, it.Below, it.List)
		case json.Valid([]byte(it.Text)):
			dst = append(dst, it.Text...)
		default:
			dst = appendJSON(dst, it.Text)
		}
	}
	return append(dst, brackets[1])
}
