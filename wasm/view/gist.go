package view

import (
	"slices"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// What a gist has at most: so many names, each of so many bytes.
const (
	maxGistNames = 3
	maxGistName  = 60
)

// gist says in a few words what a message is about: the topics, groups and the like that it names, the first of them,
// and how many records it brings.
func gist(t *inspect.Tree) string {
	var names []string
	records := int64(0)
	for i := 1; i < t.Len(); i++ {
		n := t.At(i)
		if n.Field().Name == "RecordCount" && n.Kind() == inspect.ValueNode {
			v, _ := n.Int()
			records += max(v, 0)
		}
		if len(names) > maxGistNames || n.Kind() != inspect.ValueNode || n.Field().Type != schema.String || n.Size() <= n.Prefix() || !isSubject(n) {
			continue
		}
		name := n.Bytes()[n.Prefix():]
		if len(name) > maxGistName {
			name = append(slices.Clip(name[:maxGistName]), "…"...)
		}
		if text := strings.ToValidUTF8(cell(string(name)), "�"); !slices.Contains(names, text) {
			names = append(names, text)
		}
	}
	if len(names) > maxGistNames {
		names[maxGistNames] = "…"
	}
	if records > 0 {
		names = append(names, plural(int(records), "record"))
	}
	return strings.Join(names, ", ")
}

// isSubject reports whether a string is the name of what its message is about.
func isSubject(n inspect.Node) bool {
	switch n.Field().Name {
	case "Topic", "TopicName", "TopicNames", "SubscribedTopicNames", "GroupId", "GroupIds", "GroupsNames",
		"TransactionalId", "TransactionalIds", "V3AndBelowTransactionalId", "CoordinatorKeys", "ResourceName":
		return true
	case "Key": // of a coordinator
		m, _ := n.Message()
		return m != nil && m.API() == "FindCoordinator"
	case "Name":
		for up, ok := n.Parent(); ok; up, ok = up.Parent() {
			if up.Kind() == inspect.StructNode {
				in := up.Field().Name
				return strings.HasSuffix(in, "Topics") || in == "TopicData" || in == "Responses"
			}
		}
	}
	return false
}
