package schema_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
	"github.com/kwire-project/kafka/kwire/schema"
)

const specDir = "../internal/gen/spec"

// The tables say what the spec files say, field by field.
func TestTablesEqualSpecs(t *testing.T) {
	messages, err := spec.Load(specDir)
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, want := range messages {
		have := schema.ByName(want.Name)
		if have == nil {
			t.Errorf("%s is missing", want.Name)
			continue
		}
		head := fmt.Sprintln(have.Name, have.Kind, have.Key, have.Versions, have.Flexible, have.Unstable, have.Aliases)
		if wantHead := fmt.Sprintln(want.Name, want.Kind, want.Key, want.Versions, want.Flexible, want.Unstable, want.Aliases); head != wantHead {
			t.Errorf("have %swant %s", head, wantHead)
		}
		fields += compare(t, want.Name, have.Fields, want.Fields, want.Flexible, map[*spec.Struct]bool{})
		for _, alias := range want.Aliases {
			if schema.ByName(alias) != have {
				t.Errorf("%s is not found as %s", want.Name, alias)
			}
		}
	}
	if n := len(slices.Collect(schema.All())); n != len(messages) {
		t.Errorf("%d messages, want %d", n, len(messages))
	}
	t.Logf("%d messages with %d fields", len(messages), fields)
}

func compare(t *testing.T, path string, have []*schema.Field, want []*spec.Field, flexible spec.Versions, seen map[*spec.Struct]bool) int {
	t.Helper()
	if len(have) != len(want) {
		t.Errorf("%s: %d fields, want %d", path, len(have), len(want))
		return 0
	}
	n := 0
	for i, w := range want {
		h := have[i]
		typ := w.Type
		if w.Struct != nil {
			typ = w.Struct.Name
		}
		if w.Array {
			typ = "[]" + typ
		}
		a := fmt.Sprintln(h.Name, h.TypeName(), h.Versions, h.Nullable, h.Tagged, h.Tag, h.Default, h.Ignorable, h.MapKey, h.NeverFlexible)
		b := fmt.Sprintln(w.Name, typ, w.Versions, w.Nullable, w.Tagged, w.Tag, w.Default, w.Ignorable, w.MapKey, w.NeverFlexible)
		if a != b {
			t.Errorf("%s: have %swant %s", path, a, b)
		}
		if w.Array {
			if a, b := h.ElementMinBytes(), spec.MinElementSize(w, w.Versions, flexible); a != b {
				t.Errorf("%s.%s: elements of at least %d bytes, want %d", path, w.Name, a, b)
			}
		}
		n++
		if w.Struct == nil {
			continue
		}
		if h.Struct.Versions.String() != w.Struct.Versions.String() {
			t.Errorf("%s.%s: struct versions %s, want %s", path, w.Name, h.Struct.Versions, w.Struct.Versions)
		}
		if !seen[w.Struct] {
			seen[w.Struct] = true
			n += compare(t, path+"."+w.Name, h.Struct.Fields, w.Struct.Fields, flexible, seen)
		}
	}
	return n
}

func TestLookUps(t *testing.T) {
	for _, c := range []struct {
		have *schema.Message
		want string
	}{
		{schema.Request(0), "ProduceRequest"},
		{schema.Response(94), "UnregisterControllerResponse"},
		{schema.Request(4), "LeaderAndIsrRequest"},
		{schema.Request(95), ""},
		{schema.Request(-1), ""},
		{schema.ByName(""), ""},
		{schema.ByName("Fetch"), ""},
		{schema.ByName("zzz"), ""},
		{schema.ByName("ListClientMetricsResourcesRequest"), "ListConfigResourcesRequest"},
		{schema.Record("__cluster_metadata", schema.KindMetadata, 2), "TopicRecord"},
		{schema.Record("__remote_log_metadata", schema.KindMetadata, 2), "RemotePartitionDeleteMetadataRecord"},
		{schema.Record("__consumer_offsets", schema.KindCoordinatorKey, 1), "OffsetCommitKey"},
		{schema.Record("__transaction_state", schema.KindCoordinatorValue, 0), "TransactionLogValue"},
		{schema.Record("__share_group_state", schema.KindCoordinatorKey, 1), "ShareUpdateKey"},
		{schema.Record("orders", schema.KindMetadata, 2), ""},
	} {
		name := ""
		if c.have != nil {
			name = c.have.Name
		}
		if name != c.want {
			t.Errorf("have %q, want %q", name, c.want)
		}
	}
	for _, name := range []string{"Fetch", "FetchRequest", "FetchResponse"} {
		if key, ok := schema.APIKey(name); !ok || key != 1 {
			t.Errorf("%s: key %d, %t", name, key, ok)
		}
	}
	if _, ok := schema.APIKey("TopicRecord"); ok {
		t.Error("TopicRecord is no API")
	}
	if schema.APIName(18) != "ApiVersions" || schema.APIName(999) != "" {
		t.Error("names of APIs")
	}
	if n := len(slices.Collect(schema.APIs())); n != 95 {
		t.Errorf("%d APIs", n)
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		name     string
		versions string
		min, max int16
	}{{"FetchRequest", "0-18", 0, 18}, {"TopicRecord", "0", 0, 0}, {"GroupMetadataKey", "0,2", 0, 2}, {"ProducerSnapshot", "1", 1, 1}} {
		vs := schema.ByName(c.name).Versions
		if vs.String() != c.versions || vs.Min() != c.min || vs.Max() != c.max || vs.Empty() || vs.Has(-1) || vs.Has(c.max+1) || vs.Has(64) || !vs.Has(c.max) {
			t.Errorf("%s: %s, %d to %d", c.name, vs, vs.Min(), vs.Max())
		}
	}
	if none := schema.Versions(0); none.String() != "none" || none.Min() != -1 || none.Max() != -1 || !none.Empty() {
		t.Error("the empty set")
	}
}

// Q18: the versions of headers, for every version that Kafka knows.
func TestQ18HeaderVersions(t *testing.T) {
	dir := "../../../shared/corpus"
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: CI must have it", dir)
		}
		t.Skipf("SKIPPED: %s is not here", dir)
	}
	checked := 0
	for _, release := range []string{"4.x", "3.9"} {
		text, err := os.ReadFile(filepath.Join(dir, "versions-"+release+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var l struct {
				API, Min       int16
				RequestHeader  []int16
				ResponseHeader []int16
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			for i := range l.RequestHeader {
				v := l.Min + int16(i)
				if a, b := schema.RequestHeaderVersion(l.API, v), schema.ResponseHeaderVersion(l.API, v); a != l.RequestHeader[i] || b != l.ResponseHeader[i] {
					t.Errorf("API %d v%d: headers %d and %d, want %d and %d", l.API, v, a, b, l.RequestHeader[i], l.ResponseHeader[i])
				}
				checked++
			}
		}
	}
	if checked < 600 {
		t.Errorf("only %d versions checked", checked)
	}
	// Q19: a version that does not exist has a header nevertheless.
	if schema.RequestHeaderVersion(18, 99) != 2 || schema.RequestHeaderVersion(18, -1) != 1 || schema.RequestHeaderVersion(999, 0) != -1 {
		t.Error("headers of unknown versions")
	}
}

// about calls f with the sentence of every field of every message.
func about(f func(m *schema.Message, in *schema.Struct, field *schema.Field, sentence string)) {
	var walk func(m *schema.Message, in *schema.Struct, list []*schema.Field)
	walk = func(m *schema.Message, in *schema.Struct, list []*schema.Field) {
		for _, field := range list {
			f(m, in, field, schema.About(m, in, field))
			if field.Struct != nil {
				walk(m, field.Struct, field.Struct.Fields)
			}
		}
	}
	for m := range schema.All() {
		walk(m, nil, m.Fields)
	}
}

// Every API has its sentence, and so has every field of every message: more than its name again.
func TestSentences(t *testing.T) {
	for m := range schema.APIs() {
		if s := schema.AboutAPI(m.Key); !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, ").") {
			t.Errorf("%s: %q", m.API(), s)
		}
	}
	if schema.AboutAPI(999) != "" {
		t.Error("a sentence on no API")
	}
	fields, different := 0, map[string]bool{}
	about(func(m *schema.Message, in *schema.Struct, f *schema.Field, s string) {
		fields++
		different[s] = true
		onlyName := strings.EqualFold(strings.ReplaceAll(strings.TrimPrefix(strings.TrimSuffix(s, "."), "The "), " ", ""), f.Name)
		if !strings.HasSuffix(s, ".") || len(s) < len("The limit.") || onlyName || strings.ContainsAny(s, "\t\n") {
			t.Errorf("%s: %s: no sentence: %q", m.Name, f.Name, s)
		}
	})
	t.Logf("%d fields have %d different sentences", fields, len(different))

	// The most precise entry counts.
	m := schema.ByName("FetchRequest")
	state := schema.FindTag(m.Fields, 1, 15).Struct
	if a, b := schema.About(m, state, state.Fields[0]), schema.About(m, nil, state.Fields[0]); a == b || a == "" || b == "" {
		t.Errorf("%q and %q", a, b)
	}
	member := schema.ByName("ConsumerGroupDescribeResponse")
	if s := schema.About(member, nil, &schema.Field{Name: "Nothing", JSONName: "nothing"}); s != "" {
		t.Errorf("a field that is not there: %q", s)
	}
	for _, c := range []struct{ message, field, want string }{ // of the message; of the struct in it; of structs of the name
		{"PartitionChangeRecord", "Leader", "The new leader; -1 for none, -2 if it did not change."},
		{"VoteRequest", "LastOffset", "Where the candidate's log ends."},
		{"AlterConfigsRequest", "Name", "The name of the setting, as \"cleanup.policy\"."},
		{"DeleteRecordsResponse", "Name", "The topic's name."},
		{"FetchResponse", "ErrorCode", "The error of the whole request, 0 if all is well."},
		{"FetchResponse", "ErrorCode", "The error code, 0 if all is well."}, // of a partition
	} {
		found := false
		about(func(m *schema.Message, _ *schema.Struct, f *schema.Field, s string) {
			found = found || m.Name == c.message && f.Name == c.field && s == c.want
		})
		if !found {
			t.Errorf("%s: %s is not said of %s", c.message, c.want, c.field)
		}
	}
}

// No sentence is Kafka's own: its definitions have sentences too, which we neither copy nor follow.
func TestSentencesAreOurs(t *testing.T) {
	const shared = "../../../shared/kafka"
	if _, err := os.Stat(shared); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: CI must have it", shared)
		}
		t.Skipf("SKIPPED: Kafka's definitions are not at %s", shared)
	}
	plain := func(s string) string {
		words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
		return strings.Join(words, " ")
	}
	kafkas := map[string]bool{}
	aboutLine := regexp.MustCompile(`"about": *"([^"]*)"`)
	err := filepath.WalkDir(shared, func(p string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(p) != ".json" {
			return err
		}
		text, err := os.ReadFile(p)
		for _, m := range aboutLine.FindAllStringSubmatch(string(text), -1) {
			kafkas[plain(m[1])] = true
		}
		return err
	})
	if err != nil || len(kafkas) < 500 {
		t.Fatal(err, len(kafkas))
	}
	seen := map[string]bool{}
	about(func(m *schema.Message, _ *schema.Struct, f *schema.Field, s string) {
		if kafkas[plain(s)] && !seen[s] {
			seen[s] = true
			t.Errorf("%s: %s has Kafka's sentence: %s", m.Name, f.Name, s)
		}
	})
}

// Loops over messages can be left, and what nothing has answers so.
func TestLookUpsAtTheEdges(t *testing.T) {
	n := 0
	for range schema.All() {
		if n++; n == 3 {
			break
		}
	}
	for m := range schema.APIs() {
		if m.Key > 3 {
			t.Fatal("it went on")
		}
		if m.Key == 3 {
			break
		}
	}
	if schema.RequestHeaderVersion(999, 0) != -1 || schema.ResponseHeaderVersion(999, 0) != -1 {
		t.Error("an unknown API has headers")
	}
	if schema.ByName("") != nil || schema.Request(-1) != nil || schema.Response(999) != nil || schema.APIName(-1) != "" {
		t.Error("something is found under nothing")
	}
	if schema.Record("", schema.KindMetadata, 2) != nil || schema.Record("__cluster_metadata", schema.KindMetadata, 999) != nil {
		t.Error("a record in no log")
	}
	if schema.Kind(200).String() != "kind?" || schema.Type(200).String() != "type?" || schema.Type(200).FixedBytes() != 0 {
		t.Error("unknown kinds and types have names")
	}
	if k, ok := schema.ParseKind("nothing"); ok || k != 0 {
		t.Error("a kind of no name")
	}
	if m := schema.ByName("TopicRecord"); m.API() != "TopicRecord" {
		t.Error(m.API())
	}
	if _, ok := schema.APIKey("Fetsch"); ok {
		t.Error("an API of no name")
	}
}

func TestFindTag(t *testing.T) {
	m := schema.ByName("FetchRequest")
	if f := schema.FindTag(m.Fields, 0, 12); f == nil || f.Name != "ClusterId" {
		t.Errorf("tag 0 of v12: %v", f)
	}
	if f := schema.FindTag(m.Fields, 1, 14); f != nil {
		t.Errorf("tag 1 of v14: %s", f.Name)
	}
	if f := schema.FindTag(m.Fields, 1<<31, 15); f != nil {
		t.Errorf("a huge tag: %s", f.Name)
	}
}

// Messages are parsed when they are first asked for, by whoever asks: all get the same one.
func TestLookUpsAtOnce(t *testing.T) {
	const askers = 8
	got := make(chan *schema.Message, askers)
	for range askers {
		go func() {
			for m := range schema.All() {
				if m.Name == "WriteTxnMarkersResponse" {
					got <- m
				}
			}
		}()
	}
	first := <-got
	for range askers - 1 {
		if m := <-got; m != first {
			t.Fatal("two messages of one name")
		}
	}
}
