package view

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kwire/records"
)

// editor is a session as the page uses it.
type editor struct {
	t *testing.T
	s *Session
	d *Doc
}

func edited(t *testing.T, input []byte) *editor {
	s := Open(input, "")
	e := &editor{t, s, s.Doc(nil)}
	e.unpack()
	return e
}

// unpack decompresses what the Doc needs.
func (e *editor) unpack() {
	for _, n := range e.d.Needs {
		packed := e.d.Bytes[n.Off : n.Off+n.Len]
		plain, err := compress.All.Decompress(nil, packed, records.Codec(n.Codec), 1<<20)
		require.NoError(e.t, err)
		e.s.Decompressed(packed, plain, "")
	}
	if len(e.d.Needs) > 0 {
		e.d = e.s.Doc(nil)
	}
}

// row finds the row of a frame whose names from the top end so: "Topics[0] Name".
func (e *editor) row(frame int, names ...string) int {
	e.t.Helper()
	f := e.d.Frames[frame]
	var open []string
	for i := range f.NodeCount {
		n := e.d.Rows()[f.FirstNode+i]
		open = append(open[:n.Depth], n.Name)
		if len(open) >= len(names) && slices.Equal(open[len(open)-len(names):], names) {
			return i
		}
	}
	e.t.Fatalf("no row %v", names)
	return -1
}

func (e *editor) value(frame int, names ...string) string {
	e.t.Helper()
	return e.d.Rows()[e.d.Frames[frame].FirstNode+e.row(frame, names...)].Value
}

// edit makes an edit that must not be refused, and returns the row that is selected.
func (e *editor) edit(frame, op, a, b int, arg string) string {
	e.t.Helper()
	d := e.s.Edit(frame, op, a, b, []byte(arg), nil)
	require.Empty(e.t, d.Refused)
	e.d = d
	requireSound(e.t, d)
	if d.Select < 0 {
		return ""
	}
	n := d.Rows()[d.Frames[frame].FirstNode+d.Select]
	return n.Name + " " + n.Value
}

// TestEditName: the name of a topic in a Produce request with records: sizes follow, the CRC holds, and
// every byte is read.
func TestEditName(t *testing.T) {
	e := edited(t, sample(t, "produce-request"))
	before := e.d.Frames[0]
	require.Equal(t, `Name "orders-of-all-customers"`, e.edit(0, EditSet, e.row(0, "TopicData[0]", "Name"), 0, "orders-of-all-customers"))
	f := e.d.Frames[0]
	require.Empty(t, f.Err.Text)
	require.NotZero(t, f.Flags&FrameExact)
	require.Equal(t, strconv.Itoa(f.Len-4), e.value(0, "Size"))
	require.NotEqual(t, before.Len, f.Len)
	require.Equal(t, f.Len, len(e.d.Bytes))
	for _, n := range e.d.Rows() {
		require.Zero(t, n.Flags&NodeError)
		if n.Name == "Crc" {
			require.Equal(t, "correct", n.Meaning)
		}
	}
	require.False(t, e.d.Placed)
	// Undo: the bytes from before.
	e2 := edited(t, sample(t, "produce-request"))
	e.edit(0, EditReplace, 0, 0, string(e2.d.Bytes))
	require.Equal(t, e2.d.Bytes, e.d.Bytes)
	require.Equal(t, e2.d.Rows(), e.d.Rows())
	require.Equal(t, e2.d.Frames[0].Title, e.d.Frames[0].Title)
}

func TestEditRecords(t *testing.T) {
	e := edited(t, sample(t, "produce-request"))
	in := []string{"Records[0]", "Records", "Records[0]"}
	count := e.value(0, "RecordCount")
	selected := e.edit(0, EditDuplicate, e.row(0, in...), 0, "")
	require.NotEqual(t, count, e.value(0, "RecordCount"))
	require.Contains(t, selected, "Records[1]")
	e.edit(0, EditSet, e.row(0, "Records[1]", "Value"), 0, "cafe")
	require.Contains(t, e.edit(0, EditRemove, e.row(0, in...), 0, ""), "Records[0]")
	require.Equal(t, count, e.value(0, "RecordCount"))
	require.Equal(t, "cafe", e.value(0, "Records", "Records[0]", "Value"))
	require.Empty(t, e.d.Frames[0].Err.Text)
}

// TestEditStructure: what is set there is what is written, and nothing else.
func TestEditStructure(t *testing.T) {
	e := edited(t, sample(t, "api-versions-request"))
	whole := slices.Clone(e.d.Bytes)
	e.edit(0, EditSet, e.row(0, "Size"), 0, "7")
	require.Equal(t, "00000007", hex.EncodeToString(e.d.Bytes[:4]))
	require.Equal(t, whole[4:], e.d.Bytes[4:])
	require.NotEmpty(t, e.d.Frames[0].Err.Text)
	require.Equal(t, -2, e.s.RoundTrip(0))
	e.edit(0, EditMend, 0, 0, "")
	require.Equal(t, whole, e.d.Bytes)

	e = edited(t, whole)
	row := e.row(0, "ClientSoftwareName", "length")
	require.Equal(t, "length 3", e.edit(0, EditSet, row, 0, "3"))
	require.Len(t, e.d.Bytes, len(whole))
	require.Equal(t, "04", hex.EncodeToString(e.d.Bytes[e.d.Frames[0].Off+e.d.Rows()[row].Off:][:1]))
	// Raw bytes, one too many: the frame's size is now wrong, and mending makes it right.
	e = edited(t, whole)
	e.edit(0, EditWrite, len(whole), 0, "\x00")
	require.Equal(t, whole, e.d.Bytes[:len(whole)])
	require.NotEmpty(t, e.d.Frames[0].Err.Text)
	e.edit(0, EditMend, 0, 0, "")
	require.Equal(t, whole, e.d.Bytes)
	require.Equal(t, -1, e.s.RoundTrip(0))
}

// TestRoundTrip: a CRC that is wrong is the first byte that encoding the values would change.
func TestRoundTrip(t *testing.T) {
	e := edited(t, sample(t, "produce-request"))
	require.Equal(t, -1, e.s.RoundTrip(0))
	crc := e.d.Rows()[e.row(0, "Crc")]
	e.edit(0, EditWrite, crc.Off+1, 1, "\x55")
	require.Equal(t, crc.Off+1, e.s.RoundTrip(0))
	require.NotEmpty(t, e.d.Frames[0].Err.Text)
	e.edit(0, EditMend, 0, 0, "")
	require.Empty(t, e.d.Frames[0].Err.Text)
	require.Equal(t, -2, e.s.RoundTrip(1))
}

// TestEditOneOfMany: frames behind the edited one move, and requests keep their answers.
func TestEditOneOfMany(t *testing.T) {
	e := edited(t, sample(t, "metadata"))
	before := e.d
	e.edit(0, EditSet, e.row(0, "ClientId"), 0, "a client of another name")
	require.Len(t, e.d.Frames, len(before.Frames))
	grown := len(e.d.Bytes) - len(before.Bytes)
	require.NotZero(t, grown)
	require.Equal(t, before.Frames[1].Off+grown, e.d.Frames[1].Off)
	require.Equal(t, before.Frames[1].Title, e.d.Frames[1].Title)
	require.Equal(t, []int{1, 0}, []int{e.d.Frames[0].Pair, e.d.Frames[1].Pair})
	require.Equal(t, "a client of another name", e.d.Frames[0].Client)
	// The version that a request says is what it is read by.
	e.edit(0, EditSet, e.row(0, "RequestApiVersion"), 0, "11")
	require.Equal(t, "Metadata request v11", e.d.Frames[0].Title)
	require.Equal(t, "Metadata response v12", e.d.Frames[1].Title)
	e.edit(1, EditSet, e.row(1, "ThrottleTimeMs"), 0, "5")
	require.Equal(t, "Metadata response v12", e.d.Frames[1].Title)
	require.Equal(t, "5", e.value(1, "ThrottleTimeMs"))
}

// TestEditKeepsReading: a frame that was guessed or chosen is not guessed anew when a value changes.
func TestEditKeepsReading(t *testing.T) {
	e := edited(t, sample(t, "api-versions-response"))
	alone := e.d.Bytes[e.d.Frames[1].Off:]
	e = edited(t, slices.Clone(alone))
	title := e.d.Frames[0].Title
	e.edit(0, EditSet, e.row(0, "ErrorCode"), 0, "35")
	require.Equal(t, title, e.d.Frames[0].Title)
	require.Zero(t, e.d.Frames[0].Flags&FramePaired)
}

func TestEditRefused(t *testing.T) {
	e := edited(t, sample(t, "produce-request"))
	before := slices.Clone(e.d.Bytes)
	for _, c := range []struct {
		frame, op, a, b int
		arg, want       string
	}{
		{0, EditSet, e.row(0, "Acks"), 0, "many", "a whole number is wanted, from -32768 to 32767"},
		{0, EditSet, e.row(0, "TopicData[0]"), 0, "1", "it has no value of its own: set one of its fields"},
		{0, EditRemove, e.row(0, "Acks"), 0, "", "only elements of arrays, tagged fields, records, headers and batches can go or come"},
		{0, EditSet, e.row(0, "TopicData[0]", "Name", "length"), 0, "x", "a whole number is wanted"},
		{0, EditSet, 1 << 20, 0, "", noNode},
		{0, EditMend + 1, e.row(0, "TopicData[0]"), 0, "", "only elements of arrays, tagged fields, records, headers and batches can go or come"},
		{0, -1, e.row(0, "TopicData[0]"), 0, "", "only elements of arrays, tagged fields, records, headers and batches can go or come"},
		{0, EditSet, -1, 0, "", noNode},
		{0, EditWrite, 1 << 20, 0, "", "there are no such bytes"},
		{0, EditWrite, 2, 1 << 20, "", "there are no such bytes"},
		{7, EditMend, 0, 0, "", noFrame},
		{-1, EditReplace, 0, 0, "", noFrame},
	} {
		d := e.s.Edit(c.frame, c.op, c.a, c.b, []byte(c.arg), nil)
		require.Equal(t, c.want, d.Refused)
		require.Empty(t, d.Frames)
		require.Equal(t, before, e.s.Bytes())
	}
	cut := edited(t, sample(t, "missing-tag-buffer"))
	d := cut.s.Edit(1, EditMend, 0, 0, nil, nil)
	require.Contains(t, d.Refused, "cannot be read to its end")
}

// TestEditCompressed: a record inside a compressed batch can be set; the batch is then not compressed.
func TestEditCompressed(t *testing.T) {
	w := records.NewWriter(nil, records.Options{Codec: records.Zstd, Compressor: compress.All})
	for i := range 3 {
		w.Append(records.Record{Timestamp: 1700000000000, Value: []byte(strings.Repeat("value", 10+i))})
	}
	batch, err := w.Finish()
	require.NoError(t, err)
	e := edited(t, batch)
	require.NotEmpty(t, e.d.Plain)
	d := e.s.Edit(0, EditSet, e.row(0, "Records[1]", "Length"), 0, []byte("1"), nil)
	require.Contains(t, d.Refused, "compressed")
	require.Equal(t, "Value 00", e.edit(0, EditSet, e.row(0, "Records[1]", "Value"), 0, "00"))
	require.Empty(t, e.d.Plain)
	require.Equal(t, "3", e.value(0, "RecordCount"))
	require.Empty(t, e.d.Frames[0].Err.Text)
	require.Equal(t, "none, CreateTime", e.d.Rows()[e.row(0, "Records[0]", "Attributes")].Meaning)
}

// TestEveryRow: each row of each example can be edited in every way, or is refused with a reason; what
// comes of it is drawn.
func TestEveryRow(t *testing.T) {
	for _, name := range []string{"metadata", "produce-request", "fetch-response", "missing-tag-buffer", "join-group-request"} {
		base := edited(t, sample(t, name))
		for f, frame := range base.d.Frames {
			for row := 0; row < frame.NodeCount+1; row += 2 * step() {
				for _, op := range []int{EditSet, EditRemove, EditDuplicate} {
					for _, text := range []string{"1", "null", "", "cafe"} {
						e := edited(t, sample(t, name))
						d := e.s.Edit(f, op, row, 0, []byte(text), nil)
						if d.Refused == "" {
							requireSound(t, d)
							require.Less(t, d.Select, d.Frames[f].NodeCount)
						}
						if op != EditSet {
							break
						}
					}
				}
			}
		}
	}
}
