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
	maxTopics    = 10_000 // whose ids are known
)

// noTopic is the id of topics that have none.
const noTopic = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// gist says in a few words what a message is about: the topics, groups and the like that it names, the first of them,
// and how many records it brings. Topics that have only an id are named as a message before told.
func (s *Session) gist(t *inspect.Tree) string {
	var names []string
	records, last, lastIn := int64(0), "", -1 // a name, and the node that it stands in
	add := func(name string) {
		if len(names) <= maxGistNames && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for i := 1; i < t.Len(); i++ {
		n := t.At(i)
		if n.Kind() != inspect.ValueNode {
			continue
		}
		switch f := n.Field(); {
		case f.Name == "RecordCount":
			v, _ := n.Int()
			records += max(v, 0)
		case f.Type == schema.String && isSubject(n):
			last, lastIn = shortName(n), around(n)
			add(last)
		case f.Type == schema.UUID && f.Name == "TopicId" && lastIn == around(n):
			if len(s.topics) < maxTopics && string(n.Bytes()) != noTopic {
				s.topics[string(n.Bytes())] = last
			}
		case f.Type == schema.UUID && f.Name == "TopicId":
			add(s.topics[string(n.Bytes())])
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

func around(n inspect.Node) int {
	up, _ := n.Parent()
	return up.Index()
}

// shortName is the beginning of a string, in one line.
func shortName(n inspect.Node) string {
	name := n.Bytes()[min(n.Prefix(), n.Size()):]
	if len(name) > maxGistName {
		name = append(slices.Clip(name[:maxGistName]), "…"...)
	}
	return strings.ToValidUTF8(cell(string(name)), "�")
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
