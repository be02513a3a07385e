package inspect_test

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Kinds from firstFile on stand for files of a log directory.
const firstFile = 100

var (
	fileNames = []string{inspect.OffsetIndex, inspect.TimeIndex, inspect.TransactionIndex, inspect.OffsetCheckpoint, inspect.EpochCheckpoint,
		inspect.Properties, inspect.JSONFile, inspect.ProducerSnapshot}
	logNames = []string{"", inspect.MetadataLog, inspect.RemoteMetadataLog, inspect.GroupLog, inspect.TransactionLog, inspect.ShareLog}
)

// Whatever the bytes: no panic, every byte has one leaf, texts can be made, an error lies inside.
func FuzzFrame(f *testing.F) {
	readLines(f, samplePath, func(l corpusLine) {
		m := schema.ByName(l.Name)
		if b, err := hex.DecodeString(l.Hex); err == nil && len(b) < 300 && l.Version == m.Versions.Max() {
			f.Add(b, uint8(m.Kind), m.Key, l.Version, int8(inspect.NoHeader), false, false)
		}
	})
	b, _ := hex.DecodeString("00000023001200046f7fc66100096b61666b612d636c69000a6b61666b612d636c6904302e3100")
	f.Add(b, uint8(schema.KindRequest), int16(18), int16(4), int8(2), true, false)
	f.Add(unhex(f, "00000028 00000007 00000000 0000 0000001a 0001 00000001 0006 6f7264657273 00000001 00000003 ffffffff"),
		uint8(schema.KindResponse), int16(14), int16(3), int8(0), true, false) // an assignment, taken apart
	f.Add(append(make([]byte, 11), 80, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0), uint8(7), int16(0), int16(0), int8(inspect.NoHeader), false, false) // a batch that is cut off
	for i, text := range []string{"\x00\x00\x00\x02\x00\x00\x00\x49", "\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02", "\x00\x00" + strings.Repeat("\x00", 32),
		"0\n1\na 0 7\n", "0\n1\n0 0\n", "version=1\ncluster.id=x\n", `{"leaderId":1,"votedId":-1}`, "\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"} {
		f.Add([]byte(text), uint8(firstFile+i), int16(0), int16(0), int8(inspect.NoHeader), false, false)
	}
	f.Fuzz(func(t *testing.T, src []byte, kind uint8, key, version int16, headerVersion int8, sized, lenient bool) {
		l := inspect.Layout{Kind: schema.Kind(kind % 8), Key: key, Version: version, HeaderVersion: int16(headerVersion), Sized: sized}
		switch l.Kind {
		case schema.KindMetadata:
			l.Stored = true
			if m := schema.Record("__cluster_metadata", l.Kind, key); m != nil {
				l.Name = m.Name
			}
		case 7:
			l.Name = inspect.RecordBatches
		}
		if int(kind) >= firstFile && int(kind)-firstFile < len(fileNames) {
			l.Kind, l.Name = schema.KindData, fileNames[int(kind)-firstFile]
			l.Stored = l.Name == inspect.ProducerSnapshot
		}
		o := inspect.Options{Lenient: lenient, Decompressor: gunzip{}, MaxNodes: 5000, MaxDecompressedBytes: 1 << 20, Log: logNames[uint16(key)%uint16(len(logNames))]}
		tree := o.Frame(src, l)
		checkOwned(t, tree)
		checkTexts(tree)
		if tree.Err != nil && (tree.Err.Offset < 0 || tree.Err.Offset > len(src)) {
			t.Errorf("%v is outside of %d bytes", tree.Err, len(src))
		}
		if m := l.Schema(); m != nil {
			o.JSONRecords = true
			o.AppendJSON(nil, m, version, src)
		}
	})
}

// A guess that is called exact is one: the bytes are read to their end without an error.
func FuzzGuess(f *testing.F) {
	n := 0
	readLines(f, samplePath, func(l corpusLine) {
		if n++; n%50 == 0 {
			f.Add(unhex(f, l.Hex))
		}
	})
	f.Add(unhex(f, "00000023001200046f7fc66100096b61666b612d636c69000a6b61666b612d636c6904302e3100"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, r := range inspect.Guess(src) {
			if tree := (inspect.Options{}).Frame(src, r.Layout); r.Exact && tree.Err != nil {
				t.Errorf("%v is called exact, but %v", r.Layout, tree.Err)
			}
		}
	})
}

// A long input is judged by its start; its end decides whether the reading is exact.
func TestGuessLongFrames(t *testing.T) {
	body := unhex(t, "ffff 0001 00000000 00000001 0001 61 00000001 00000000")
	payload := make([]byte, 100_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range payload {
		payload[i] = byte(r.Uint32())
	}
	frame := append(unhex(t, "00000000 0000 0003 00000007 ffff"), body...)
	frame = append(wire.AppendInt32(frame, int32(len(payload))), payload...)
	wire.AppendInt32(frame[:0], int32(len(frame)-4))
	check := func(what string, src []byte, exact bool) {
		t.Helper()
		got := inspect.Guess(src)
		if len(got) == 0 || got[0].Layout.String() != "Produce request v3" || got[0].Exact != exact {
			t.Errorf("%s: %v", what, got)
		}
	}
	check("whole", frame, true)
	check("cut off", frame[:90_000], false)
	long := append(frame[:len(frame):len(frame)], 0xff)
	wire.AppendInt32(long[:0], int32(len(long)-4))
	check("one byte too long", long, false)
}
