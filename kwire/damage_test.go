package kwire_test

import (
	"encoding/hex"
	"errors"
	"io"
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// Every proper prefix of a message ends too early, and the error says where.
func TestEveryPrefixIsTooShort(t *testing.T) {
	prefixes := 0
	readLines(t, "testdata/sample.jsonl.gz", func(l corpusLine) {
		full, err := hex.DecodeString(l.Hex)
		if err != nil {
			t.Fatal(err)
		}
		if len(full) > 2000 {
			full = full[:2000] // its prefixes are prefixes of the message too
		}
		m := kwire.New(l.Name)
		for i := range full {
			_, err := m.DecodeFrom(full[:i], l.Version, nil)
			var e *wire.Error
			if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &e) || e.Offset > i {
				t.Fatalf("%s v%d: prefix %d of %d: %v", l.Name, l.Version, i, len(full), err)
			}
			prefixes++
		}
	})
	t.Logf("%d prefixes", prefixes)
}

// One flipped byte never panics, and what is still accepted strictly comes back byte for byte.
func TestFlippedBytes(t *testing.T) {
	accepted, refused := 0, 0
	readLines(t, "testdata/sample.jsonl.gz", func(l corpusLine) {
		full, err := hex.DecodeString(l.Hex)
		if err != nil {
			t.Fatal(err)
		}
		m := kwire.New(l.Name)
		for i := 0; i < len(full); i += 1 + len(full)/64 {
			for _, flip := range []byte{0x01, 0x80, 0xff} {
				full[i] ^= flip
				if _, err := m.DecodeFrom(full, l.Version, nil); err != nil {
					refused++
				} else if out, err := m.AppendTo(nil, l.Version); err != nil {
					t.Errorf("%s v%d, byte %d ^ %x: decoded, but %v", l.Name, l.Version, i, flip, err)
				} else if string(out) != string(full) && !tagAtDefault(m, l.Version, full, out) {
					t.Errorf("%s v%d, byte %d ^ %x: decoded\n%x\nencoded\n%x", l.Name, l.Version, i, flip, full, out)
				} else {
					accepted++
				}
				full[i] ^= flip
			}
		}
	})
	t.Logf("%d accepted and written back, %d refused", accepted, refused)
}

// tagAtDefault reports whether in and out differ only because in carries a known tagged field that
// holds its default, which no writer sends: then out is stable.
func tagAtDefault(m wire.Message, version int16, in, out []byte) bool {
	if !m.IsFlexible(version) || len(out) >= len(in) {
		return false
	}
	again := kwire.New(m.MessageName())
	if _, err := again.DecodeFrom(out, version, nil); err != nil {
		return false
	}
	stable, err := again.AppendTo(nil, version)
	return err == nil && string(stable) == string(out)
}

func TestFrames(t *testing.T) {
	b := []byte{0, 0, 0, 2, 0xaa, 0xbb, 0, 0, 0, 0, 0, 0}
	payload, rest, err := kwire.NextFrame(b)
	if err != nil || string(payload) != "\xaa\xbb" {
		t.Fatalf("have %x, %v", payload, err)
	}
	payload, rest, err = kwire.NextFrame(rest)
	if err != nil || len(payload) != 0 {
		t.Fatalf("have %x, %v", payload, err)
	}
	_, rest, err = kwire.NextFrame(rest)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(rest) != 2 {
		t.Fatalf("half a size: %v", err)
	}
	if _, _, err = kwire.NextFrame(nil); err != io.EOF {
		t.Fatalf("no frame: %v", err)
	}
	if _, _, err = kwire.NextFrame([]byte{0xff, 0xff, 0xff, 0xff}); !errors.Is(err, wire.ErrValue) {
		t.Fatalf("negative size: %v", err)
	}
	if _, _, err = kwire.NextFrame([]byte{0, 0, 0, 9, 1}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("short frame: %v", err)
	}
}

func TestUnknownKey(t *testing.T) {
	if _, err := kwire.DecodeRequest(unhex(t, "03e7 0000 00000001 ffff")); !errors.Is(err, kwire.ErrUnsupportedVersion) {
		t.Errorf("have %v", err)
	}
	if k := kwire.APIKey(999); k.Known() || k.String() != "API 999" || k.HasVersion(0) || k.Stable(0) || kwire.NewRequest(k) != nil {
		t.Error("key 999 is known")
	}
	if len(kwire.APIKeys()) != 95 {
		t.Errorf("%d keys", len(kwire.APIKeys()))
	}
}

// An error names the field in Kafka's words, found by the tables.
func TestErrorsNameTheField(t *testing.T) {
	src := unhex(t, "00000000 00000000 00000001 00 00000001 0001 61 00000001 00000000 00000000000000")
	_, err := new(api.FetchRequest).DecodeFrom(append(unhex(t, "ffffffff"), src...), 4, nil)
	const want = "kwire: FetchRequest v4: Topics[0].Partitions: offset 24: 1 elements in 11 bytes: unexpected EOF"
	if err == nil || err.Error() != want {
		t.Errorf("have %v\nwant %s", err, want)
	}
	req := unhex(t, "0012 0003 00000001 0001 63 00 02 61 00 80 00")
	_, err = kwire.DecodeRequest(req)
	var e *wire.Error
	if !errors.As(err, &e) || e.Path != "ClientSoftwareVersion" || e.Offset != 14 {
		t.Errorf("have %v", err)
	}
}
