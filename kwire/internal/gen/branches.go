package main

import (
	"fmt"
	"strings"
)

// branches writes the statements of a function, field after field. Fields that follow each other and travel in the same
// versions share one if, as one would write it by hand.
type branches struct {
	b        strings.Builder
	last     branch
	declared bool // the variable b, outside of any if
}

type branch struct{ cond, then, otherwise string }

// add appends statements for when cond holds, and for when it does not; cond "" always holds.
func (bs *branches) add(cond, then, otherwise string) {
	if cond != bs.last.cond {
		bs.flush()
	}
	bs.last.cond = cond
	bs.last.then += then
	bs.last.otherwise += otherwise
}

func (bs *branches) flush() {
	inside := false
	switch l := bs.last; {
	case l.cond == "":
		bs.b.WriteString(declareOnce(l.then, &bs.declared))
	case l.otherwise == "":
		fmt.Fprintf(&bs.b, "if %s {\n%s}\n", l.cond, declareOnce(l.then, &inside))
	default:
		fmt.Fprintf(&bs.b, "if %s {\n%s} else {\n%s}\n", l.cond, declareOnce(l.then, &inside), l.otherwise)
	}
	bs.last = branch{}
}

// declareOnce leaves the declaration of the variable b only where it comes first.
func declareOnce(body string, declared *bool) string {
	const declare, assign = "\nb := ", "\nb = "
	if *declared {
		return strings.ReplaceAll(body, declare, assign)
	}
	first, rest, found := strings.Cut(body, declare)
	if !found {
		return body
	}
	*declared = true
	return first + declare + strings.ReplaceAll(rest, declare, assign)
}

func (bs *branches) String() string {
	bs.flush()
	return bs.b.String()
}
