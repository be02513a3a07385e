package inspect_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
)

func batchOf(t *testing.T, rs ...records.Record) []byte {
	t.Helper()
	w := records.NewWriter(nil, records.Options{})
	for _, r := range rs {
		w.Append(r)
	}
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Records of Kafka's own logs are read as what is stored there; what is not that stays bytes, and a message that is
// damaged is a problem at its byte.
func TestStoredRecords(t *testing.T) {
	topic := "\x01\x02\x00" + "\x06alpha" + strings.Repeat("\x07", 16) + "\x00"
	for _, c := range []struct {
		log  string
		r    records.Record
		want string
		at   string // of the problem
	}{
		{inspect.MetadataLog, records.Record{Value: []byte(topic)}, `FrameVersion=1|Type=2 (TopicRecord)|Version=0|Name="alpha"|TopicId=BwcHBwcHBwcHBwcHBwcHBw|TAG_BUFFER=0 fields`, ""},
		{inspect.MetadataLog, records.Record{Value: []byte("\x02" + topic[1:])}, "Value=0202", ""},
		{inspect.MetadataLog, records.Record{Value: []byte(topic[:9])}, `Version=0|Name="alpha"|Headers=0 elements`, "TopicId"},
		{inspect.MetadataLog, records.Record{Value: []byte(topic + "x")}, `TAG_BUFFER=0 fields|NotDecoded=78`, "Records.Batches[0].Records[0].Value"},
		{inspect.GroupLog, records.Record{Key: []byte("\x00\x02\x00\x01g")}, `Length=5|Type=2 (GroupMetadataKey)|group="g"|Value=null`, ""},
		{inspect.GroupLog, records.Record{Key: []byte("\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x03"), Value: []byte("\x00\x03" + "\x00\x00\x00\x00\x00\x00\x00\x09" + "\x00\x00\x00\x01" + "\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x05")},
			`Type=1 (OffsetCommitKey)|group="g"|topic="t"|partition=3|Length=24|Version=3|offset=9`, ""},
		{inspect.GroupLog, records.Record{Key: []byte("\x7f\x02\x00\x01g"), Value: []byte("v")}, `Key=7f02000167|Value="v"`, ""},
		{inspect.TransactionLog, records.Record{Key: []byte("\x00\x00\x00\x02tx"), Value: nil}, `TransactionalId="tx"|Value=null`, ""},
		{"", records.Record{Value: []byte(topic)}, "Value=0102", ""},
	} {
		src := batchOf(t, c.r)
		tree := inspect.Options{Log: c.log}.Frame(src, fileLayout(inspect.RecordBatches))
		checkOwned(t, tree)
		checkTexts(tree)
		if have := leaves(tree); !strings.Contains(have, c.want) {
			t.Errorf("%s %q:\n%s, want\n%s", c.log, c.r.Value, have, c.want)
		}
		switch err := tree.First(); {
		case (err == nil) != (c.at == ""), err != nil && !strings.HasSuffix(err.Path, c.at[strings.LastIndexByte(c.at, '.')+1:]):
			t.Errorf("%s %q: %v, want one at %q", c.log, c.r.Value, err, c.at)
		}
		for i := range src { // any byte changed
			b := slices.Clone(src)
			b[i] ^= 0x41
			checkOwned(t, inspect.Options{Log: c.log}.Frame(b, fileLayout(inspect.RecordBatches)))
		}
	}
}
