package view

import (
	"io"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/wire"
)

// stopped is the error of a tree in the words of the page.
type stopped struct {
	offset int
	path   string // "ApiKeys[1].TAG_BUFFER"
	name   string // its last step
	text   string // what was found
}

// errorOf returns the first thing wrong with a tree, nil if nothing is.
func errorOf(t *inspect.Tree) *stopped {
	e := t.Err
	if e == nil && len(t.Problems) > 0 {
		e = t.Problems[0]
	}
	if e == nil {
		return nil
	}
	s := &stopped{offset: e.Offset, path: e.Path, name: e.Path, text: causeText(e)}
	if i := strings.LastIndexByte(e.Path, '.'); i >= 0 {
		s.name = e.Path[i+1:]
	}
	if s.name == "" {
		s.name = "end of the message"
	}
	return s
}

// causeText says what is wrong, for someone who has never seen the code: the
// cause, and in brackets what was found.
func causeText(e *wire.Error) string {
	text := e.Err.Error()
	if e.Err == io.ErrUnexpectedEOF { // as package wire gives it, never wrapped
		text = "the message ends before this field does"
	}
	if e.Detail == "" {
		return text
	}
	return text + " (" + e.Detail + ")"
}

func (s *stopped) sentence() string {
	if s.path == "" {
		return s.text
	}
	return s.path + ": " + s.text
}
