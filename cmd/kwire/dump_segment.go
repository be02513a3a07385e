package main

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kwire-project/kafka/capture/stored"
	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// segment prints the batches of a segment or of a snapshot of the metadata log.
func (d *dumper) segment(in *fileBytes) {
	s := stored.NewScanner(in)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		size := p.End - p.Start
		switch p.Kind {
		case stored.Unused:
			d.unused(p.Start, size)
		case stored.Damaged, stored.CutOff:
			d.damage(p.Start, size, because(p.Err))
		default:
			b, err := records.ReadBatch(in.At(p.Start, int(size)))
			if err != nil { // the file has changed
				d.damage(p.Start, size, err.Error())
				continue
			}
			d.batch(p.Start, b)
			if p.Err != nil {
				d.damage(p.Start, size, because(p.Err))
			}
		}
	}
}

// batch prints one batch, with its records if they are wanted.
func (d *dumper) batch(at int64, b records.Batch) {
	if d.json {
		d.jsonBatch(at, b)
		return
	}
	offsets := fmt.Sprintf("offset %d", b.BaseOffset())
	if b.LastOffset() != b.BaseOffset() {
		offsets = fmt.Sprintf("offsets %d to %d", b.BaseOffset(), b.LastOffset())
	}
	count, epoch, producer, crc := "", "", "", "CRC ok"
	if n := b.Count(); n >= 0 {
		count = fmt.Sprintf("%d records", n)
		if n == 1 {
			count = "1 record"
		}
	}
	if b.Magic() == 2 {
		epoch = fmt.Sprintf("epoch %d", b.PartitionLeaderEpoch())
	}
	if b.ProducerID() != records.NoProducerID {
		producer = fmt.Sprintf("producer %d epoch %d", b.ProducerID(), b.ProducerEpoch())
		if b.BaseSequence() != records.NoSequence {
			producer += fmt.Sprintf(" sequence %d to %d", b.BaseSequence(), b.LastSequence())
		}
	}
	if b.CheckCRC() != nil {
		crc = "CRC wrong"
	}
	d.row(at, words(offsets, count, wire.CountBytes(b.Size()), flagIf(b.Magic() < 2, fmt.Sprintf("magic %d", b.Magic())), flagIf(b.Codec() != records.None, b.Codec().String()),
		epoch, timeOf(b), producer, flagIf(b.IsTransactional(), "transactional"), flagIf(b.IsControl(), "control"), horizon(b), crc))
	if !d.records {
		return
	}
	for r, err := range b.RecordsWith(recordOptions) {
		if err != nil {
			d.recordsError(at, err)
			return
		}
		text, err := d.recordText(b, r)
		fmt.Fprintf(d.out, "%10s  %d  %s\n", "", r.Offset, text)
		if err != nil {
			d.recordsError(at, err)
		}
	}
}

// recordOptions are how records are read for printing.
var recordOptions = records.ReadOptions{Decompressor: compress.All}

func (d *dumper) recordsError(at int64, err error) {
	if e, ok := err.(*wire.Error); ok {
		d.damage(at+int64(e.Offset), 0, because(e))
		return
	}
	d.damage(at, 0, err.Error())
}

func flagIf(set bool, name string) string {
	if set {
		return name
	}
	return ""
}

func timeOf(b records.Batch) string {
	switch b.TimestampType() {
	case records.NoTimestamp:
		return ""
	case records.LogAppendTime:
		return "appended " + clock(b.MaxTimestamp())
	}
	return clock(b.MaxTimestamp())
}

func horizon(b records.Batch) string {
	if ms, ok := b.DeleteHorizonMs(); ok {
		return "may be deleted from " + clock(ms) + " on"
	}
	return ""
}

// clock is a timestamp as a time.
func clock(ms int64) string {
	if ms == records.NoTimestampMs {
		return "no time"
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// recordText is a line about a record. The error is that of a message in it which is damaged.
func (d *dumper) recordText(b records.Batch, r records.Record) (string, error) {
	var parts []string
	if b.Magic() > 0 {
		parts = append(parts, clock(r.Timestamp))
	}
	key, value, err := meaningOf(d.what.Log, b, r)
	switch {
	case key != nil:
		parts = append(parts, key.String())
	case value == nil || r.Key != nil && !value.control:
		parts = append(parts, "key "+shown(r.Key))
	}
	if value != nil {
		parts = append(parts, value.String())
	} else {
		parts = append(parts, "value "+shown(r.Value))
	}
	if r.Headers.Len() > 0 {
		var headers []string
		for name, v := range r.Headers.All() {
			headers = append(headers, shown(name)+"="+shown(v))
		}
		parts = append(parts, "headers "+strings.Join(headers, ", "))
	}
	return strings.Join(parts, "  "), err
}

// maxShownBytes is how much of a key or value a line of text shows.
const maxShownBytes = 1 << 10

// shown is text in quotes, or other bytes in hex.
func shown(b []byte) string {
	if b == nil {
		return "null"
	}
	more := ""
	if len(b) > maxShownBytes {
		more = fmt.Sprintf("… (%d bytes)", len(b))
		b = b[:maxShownBytes]
		for i := 0; i < utf8.UTFMax && len(b) > 0 && !utf8.Valid(b); i++ {
			b = b[:len(b)-1] // a rune that was cut; bytes that are none lose a few more
		}
	}
	if !isText(b) {
		return "0x" + hex.EncodeToString(b) + more
	}
	return fmt.Sprintf("%q", b) + more
}

func isText(b []byte) bool {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return false
		}
		i += n
	}
	return true
}
