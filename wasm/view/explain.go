package view

import (
	"strconv"

	"github.com/kwire-project/kafka/kwire/errcode"
	"github.com/kwire-project/kafka/kwire/inspect"
)

// Sentences on what no schema has: the bytes that hold a message together.
const (
	compactLength = "A compact length is one more than what it counts, because 0 stands for null. It is an unsigned varint: seven bits a byte, the lowest first."
	zigzagLength  = "A signed varint in zigzag form: an even number is twice the length, and 1 stands for −1, which is null."
	plainCount    = "How many elements follow, as four bytes; −1 is null."
	frameSize     = "How many bytes follow: the size counts neither itself nor anything after this message."
	tagBuffer     = "Tagged fields: how many there are, then the tag, size and data of each. Nearly always there are none, and the byte is 00; it is there all the same."
	marker        = "Says whether the struct is there: −1 (ff) is null, 1 means that it follows."
	unread        = "Bytes that belong to no field of this reading."
)

// about is the schema's sentence on a field with what its error code means, or else one of the above.
func about(n inspect.Node) string {
	if text := n.About(); text != "" {
		if code := errorCode(n); errcode.Code(code).Meaning() != "" && code != 0 {
			text += " " + strconv.Itoa(code) + ": " + errcode.Code(code).Meaning() + "."
		}
		return text
	}
	switch n.Kind() {
	case inspect.SizeNode:
		return frameSize
	case inspect.CountNode:
		if parent, ok := n.Parent(); ok && parent.Kind() == inspect.TagsNode {
			return tagBuffer
		}
		if n.IsFlexible() {
			return compactLength
		}
		return plainCount
	case inspect.TagsNode:
		return tagBuffer
	case inspect.MarkerNode:
		return marker
	case inspect.RestNode:
		return unread
	}
	return ""
}
