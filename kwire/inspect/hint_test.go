package inspect_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
)

// An ApiVersions response v4 with one API, a Fetch response v16 without topics,
// and an ApiVersions request v4.
const (
	goodAnswer  = "00000013 00000007 0000 02 0012 0000 0004 00 00000000 00"
	goodFetch   = "00000011 00000007 00 00000000 0000 00000000 01 00"
	goodRequest = "00000023 0012 0004 00000007 0009 6b61666b612d636c69 00 0a 6b61666b612d636c69 04 302e31 00"
)

// apply does what a hint says.
func apply(raw []byte, h inspect.Hint) []byte {
	raw = append(append(append([]byte(nil), raw[:h.Offset]...), h.Insert...), raw[h.Offset+h.Delete:]...)
	if h.Size != 0 {
		binary.BigEndian.PutUint32(raw, uint32(h.Size))
	}
	return raw
}

func TestHints(t *testing.T) {
	for _, c := range []struct {
		name, raw    string
		key, version int16 // of a response; key −1 for a request
		want         string
		mended       string // "" if it is another version that fits
	}{
		{"no last tag buffer", "00000012 00000007 0000 02 0012 0000 0004 00 00000000", 18, 4, "the last TAG_BUFFER is missing: append 00", goodAnswer},
		{"no last tag buffer, size counts it", "00000013 00000007 0000 02 0012 0000 0004 00 00000000", 18, 4, "the last TAG_BUFFER is missing: append 00", goodAnswer},
		{"no tag buffer of an element", "00000012 00000007 0000 02 0012 0000 0004 00000000 00", 18, 4, "a TAG_BUFFER is missing before byte", goodAnswer},
		{"no tag buffer of any element", "00000018 00000007 0000 03 0012 0000 0004 0001 0000 0010 00000000 00", 18, 4, "a TAG_BUFFER is missing at the end of all 2 elements: insert 00",
			"0000001a 00000007 0000 03 0012 0000 0004 00 0001 0000 0010 00 00000000 00"},
		{"a field is missing", "0000000d 00000007 00 00000000 0000 01 00", 1, 16, "SessionId is missing: insert zeros", goodFetch},
		{"a field is too long", "00000015 00000007 0000 0000 02 0012 0000 0004 00 00000000 00", 18, 4, "2 bytes too many at byte 8, where ErrorCode should be: delete them", goodAnswer},
		{"no array", "00000010 00000007 00 00000000 0000 00000000 00", 1, 16, "Responses is missing: insert 01, an empty array", goodFetch},
		{"no null", "0000000d 00000007 00 00000000 01 00", 75, 0, "NextCursor is missing: insert ff, which is null", "0000000c 00000007 00 00000000 01 ff 00"},
		{"size counts itself", "00000017 00000007 0000 02 0012 0000 0004 00 00000000 00", 18, 4, "the size is 4 too large: it says 23, and 19 bytes follow; it must not count itself", goodAnswer},
		{"no size", goodAnswer[9:], 18, 4, "the size is missing: insert it", goodAnswer},
		{"size 0", "00000000" + goodAnswer[8:], 18, 4, "the size is 19 too small: it says 0, and 19 bytes follow", goodAnswer},
		{"size too small", "0000000b 00000007 0000 02 0012 0000 0004 00 00000000 00", 18, 4, "the size is 8 too small: it says 11, and 19 bytes follow", goodAnswer},
		{"header v1 of ApiVersions", "00000014 00000007 00 0000 02 0012 0000 0004 00 00000000 00", 18, 4, "the header is v1, and this response has header v0", goodAnswer},
		{"header v0 of Fetch", "00000010 00000007 00000000 0000 00000000 01 00", 1, 16, "the header is v0, and this response has header v1", goodFetch},
		{"array length without one more", "00000013 00000007 0000 01 0012 0000 0004 00 00000000 00", 18, 4, "the compact length of ApiKeys is 1, which stands for 0: make it 2", goodAnswer},
		{"string length without one more", strings.Replace(goodRequest, "0a 6b", "09 6b", 1), -1, 0, "the compact length of ClientSoftwareName is 9, which stands for 8: make it 10", goodRequest},
		{"body of v2", "00000014 00000007 0000 00000001 0012 0000 0004 00000000", 18, 4, "every byte fits v2", ""},
		{"bytes too many", "00000015 00000007 0000 02 0012 0000 0004 00 00000000 00 abcd", 18, 4, "the message ends before byte 23: delete the 2 bytes after it", goodAnswer},
	} {
		raw := unhex(t, c.raw)
		tree := inspect.Request(raw)
		if c.key >= 0 {
			tree = inspect.Options{}.Frame(raw, inspect.Layout{Kind: 1, Key: c.key, Version: c.version, HeaderVersion: map[int16]int16{18: 0, 1: 1, 75: 1}[c.key], Sized: true})
		}
		if tree.Err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		found := inspect.Options{}.Hints(tree)
		var texts []string
		right := false
		for _, h := range found {
			texts = append(texts, h.Text)
			mended := raw
			if h.Edit {
				mended = apply(raw, h)
			}
			if again := (inspect.Options{}).Frame(mended, h.Layout); again.Err != nil {
				t.Errorf("%s: %q does not mend it: %v", c.name, h.Text, again.Err)
			}
			if strings.HasPrefix(h.Text, c.want) && (c.mended == "" && !h.Edit || hex.EncodeToString(mended) == strings.ReplaceAll(c.mended, " ", "")) {
				right = true
			}
		}
		if !right {
			t.Errorf("%s: %v: want %q (hints %q)", c.name, tree.Err, c.want, texts)
		}
	}
	if found := (inspect.Options{}).Hints(inspect.Request(unhex(t, goodRequest))); found != nil {
		t.Errorf("hints for a message without an error: %v", found)
	}
}
