package schema

import "strings"

// About returns a sentence on a field, in this project's words: what it means, its unit, what
// special values say. It is "" where nothing has been written yet. The struct is the one that the
// field stands in, nil for a field of the message itself.
//
// The most precise entry wins: for that struct of that message, for that message, for fields of
// that name anywhere.
func About(m *Message, s *Struct, f *Field) string {
	if s != nil {
		if text := sentence(m.Name + "." + s.Name + "." + f.Name); text != "" {
			return text
		}
		if text := sentence(s.Name + "." + f.Name); text != "" {
			return text
		}
	}
	if text := sentence(m.Name + "." + f.Name); text != "" {
		return text
	}
	return sentence(f.JSONName)
}

// AboutAPI returns a sentence on what an API is for: "" for an unknown key.
func AboutAPI(key int16) string { return sentence("api " + APIName(key)) }

// sentence finds an entry of the sentences, which are lines of "key TAB text", sorted.
func sentence(key string) string {
	lo, hi := 0, len(sentences) // lo is the start of a line, hi the start of one or the end
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		mid = lo + strings.LastIndexByte(sentences[lo:mid], '\n') + 1
		line, _, _ := strings.Cut(sentences[mid:hi], "\n")
		name, text, _ := strings.Cut(line, "\t")
		switch {
		case name == key:
			return text
		case name < key:
			lo = min(mid+len(line)+1, hi)
		default:
			hi = mid
		}
	}
	return ""
}
