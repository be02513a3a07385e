package schema

import (
	"strings"
	"sync"
)

// About returns a sentence on a field, in this project's words: what it means, its unit, what
// special values say. Every field of every message has one. The struct is the one that the field
// stands in, nil for a field of the message itself.
//
// Fields of one name share a sentence, unless a more precise one is there: for that message, for
// structs of that name, or for that struct of that message.
func About(m *Message, s *Struct, f *Field) string {
	about := sentencesOn(f.JSONName)
	text := cut(&about, '\t')
	for best := 0; about != ""; {
		places, other := cut(&about, '\t'), cut(&about, '\t')
		for places != "" {
			if n := precision(cut(&places, ','), m, s); n > best {
				text, best = other, n
			}
		}
	}
	return text
}

// precision says how closely a place, as "FetchRequest.FetchTopic", names where a field stands: 0 if it is another.
func precision(place string, m *Message, s *Struct) int {
	first := cut(&place, '.')
	switch {
	case place == "" && first == m.Name:
		return 1
	case s == nil:
		return 0
	case place == "" && first == s.Name:
		return 2
	case first == m.Name && place == s.Name:
		return 3
	}
	return 0
}

// AboutAPI returns a sentence on what an API is for: "" for an unknown key.
func AboutAPI(key int16) string { return sentencesOn(apiSubject(APIName(key))) }

// apiSubject is an API's name among those of fields, which have no blanks.
func apiSubject(name string) string { return name + " API" }

// subjects are the lines of sentences by what they are about. The text leaves that out, because the tables have it: it
// has a line for each API, by key, and then one for each name that fields have, in the order in which the tables first
// have it.
var subjects struct {
	once  sync.Once
	lines map[string]string
}

// sentencesOn returns the line on an API or on the fields of a name, "" if there is none.
func sentencesOn(subject string) string {
	subjects.once.Do(findSubjects)
	return subjects.lines[subject]
}

func findSubjects() {
	text := sentences
	lines := make(map[string]string, strings.Count(text, "\n"))
	for key := range requestRows {
		if name := APIName(int16(key)); name != "" {
			lines[apiSubject(name)] = cut(&text, '\n')
		}
	}
	for _, r := range rows {
		fields := string(r)
		cut(&fields, '\n') // the message itself
		for fields != "" {
			line := strings.TrimLeft(cut(&fields, '\n'), "\t")
			name := jsonName(cut(&line, ' '))
			if _, known := lines[name]; !known {
				lines[name] = cut(&text, '\n')
			}
		}
	}
	subjects.lines = lines
}

// cut takes the text up to a separator, or all of it, off s.
func cut(s *string, separator byte) string {
	text := *s
	i := strings.IndexByte(text, separator)
	if i < 0 {
		*s = ""
		return text
	}
	*s = text[i+1:]
	return text[:i]
}
