package inspect_test

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
)

// An annotated dump: every byte with the field that it belongs to, what it says and what that means.
func Example() {
	frame, _ := hex.DecodeString("00000029" + "0003000c00000007" + "00026d65" + "00" + "02" + "00000000000000000000000000000000" + "076f7264657273" + "00" + "01" + "00" + "00")
	tree := inspect.Request(frame)
	fmt.Println(tree.Layout)
	for n := range tree.All() {
		if !n.IsLeaf() {
			continue
		}
		path := n.Path()
		if path == "" {
			path = n.Name()
		}
		line := fmt.Sprintf("%2d  %-32x  %s %s = %s", n.Offset(), n.Bytes(), path, n.Type(), n.Value())
		if m := n.Meaning(); m != "" {
			line += "  # " + m
		}
		fmt.Println(line)
	}
	// Output:
	// Metadata request v12
	//  0  00000029                          Size INT32 = 41  # 41 bytes after this
	//  4  0003                              RequestApiKey INT16 = 3  # Metadata
	//  6  000c                              RequestApiVersion INT16 = 12
	//  8  00000007                          CorrelationId INT32 = 7
	// 12  00026d65                          ClientId NULLABLE_STRING = "me"
	// 16  00                                TAG_BUFFER TAG_BUFFER = 0 fields
	// 17  02                                Topics UNSIGNED_VARINT = 1
	// 18  00000000000000000000000000000000  Topics[0].TopicId UUID = AAAAAAAAAAAAAAAAAAAAAA  # none
	// 34  076f7264657273                    Topics[0].Name COMPACT_NULLABLE_STRING = "orders"
	// 41  00                                Topics[0].TAG_BUFFER TAG_BUFFER = 0 fields
	// 42  01                                AllowAutoTopicCreation BOOLEAN = true
	// 43  00                                IncludeTopicAuthorizedOperations BOOLEAN = false
	// 44  00                                TAG_BUFFER TAG_BUFFER = 0 fields
}

// The request is one byte too short: the tree has what is there, the error says what is missing.
func ExampleRequest() {
	frame, _ := hex.DecodeString("0000001a" + "0012000400000007" + "000161" + "00" + "02630a6b61666b61")
	tree := inspect.Request(frame)
	for n := range tree.All() {
		line := fmt.Sprintf("%2d %2d %s%s %s", n.Offset(), n.Size(), strings.Repeat("  ", n.Depth()), n.Name(), n.Value())
		fmt.Println(strings.TrimSpace(line))
	}
	fmt.Println(tree.Err)
	// Output:
	// 0 24 Frame 24 bytes
	// 0  4   Size 26
	// 4 12   Header
	// 4  2     RequestApiKey 18
	// 6  2     RequestApiVersion 4
	// 8  4     CorrelationId 7
	// 12  3     ClientId "a"
	// 15  1     TAG_BUFFER 0 fields
	// 16  2   Body
	// 16  2     ClientSoftwareName "c"
	// 18  6   NotDecoded 0a6b61666b61
	// kwire: ApiVersionsRequest v4: ClientSoftwareVersion: offset 18: 9 bytes announced, 5 left: unexpected EOF
}

// A response does not say what it answers. That this one lists APIs is plain; three versions have
// the same bytes.
func ExampleGuess() {
	frame, _ := hex.DecodeString("0000001a" + "00000007" + "0000" + "03" + "00000000000d00" + "00120000000500" + "00000000" + "00")
	for _, r := range inspect.Guess(frame) {
		if r.Exact {
			fmt.Println(r.Layout)
		}
	}
	// Output:
	// ApiVersions response v5
	// ApiVersions response v4
	// ApiVersions response v3
}

// A value becomes longer: its length and the size of the frame follow.
func ExampleTree_Encode() {
	frame, _ := hex.DecodeString("00000011" + "00120000" + "00000007" + "0007" + "6b61666b616361")
	tree := inspect.Request(frame)
	for n := range tree.All() {
		if n.Name() == "ClientId" {
			frame, err := tree.Encode(inspect.Edit{Op: inspect.SetValue, Node: n, Text: "my client"})
			fmt.Printf("%x %v\n", frame, err)
		}
	}
	// Output:
	// 00000013001200000000000700096d7920636c69656e74 <nil>
}
