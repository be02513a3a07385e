package cluster

import (
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire/errcode"
)

// maxTopicNameBytes leaves room for "-<partition>" and the suffix of a deleted directory in a file name.
const maxTopicNameBytes = 249

// CheckTopicName says whether a topic may have a name, in the words of Kafka's Topic.validate; nil if so.
func CheckTopicName(name string) *Error {
	why := ""
	switch {
	case name == "":
		why = "the empty string is not allowed"
	case name == "." || name == "..":
		why = "'" + name + "' is not allowed"
	case len(name) > maxTopicNameBytes && isPlainName(name):
		why = fmt.Sprintf("the length of '%s' is longer than the max allowed length %d", name, maxTopicNameBytes)
	case !isPlainName(name):
		why = fmt.Sprintf("'%.*s' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'", maxTopicNameBytes, name)
	default:
		return nil
	}
	return refuse(errcode.InvalidTopic, "Topic name is invalid: %s", why)
}

func isPlainName(name string) bool {
	for i := range len(name) {
		b := name[i]
		if !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '.' || b == '_' || b == '-') {
			return false
		}
	}
	return true
}

// colliding finds a topic whose name differs only in points and underscores, which metrics' names cannot tell apart.
func (i *Image) colliding(name string) *Topic {
	if !strings.ContainsAny(name, "._") {
		return nil
	}
	unified := strings.ReplaceAll(name, ".", "_")
	for _, t := range i.byName {
		if len(t.Name) == len(name) && t.Name != name && strings.ReplaceAll(t.Name, ".", "_") == unified {
			return t
		}
	}
	return nil
}
