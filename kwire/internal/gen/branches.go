package main

import (
	"fmt"
	"strings"
)

// branches writes the statements of a function, field after field. Fields that follow each other and travel in the same
// versions share one if, as one would write it by hand.
type branches struct {
	b    strings.Builder
	last branch
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
	switch l := bs.last; {
	case l.cond == "":
		bs.b.WriteString(l.then)
	case l.otherwise == "":
		fmt.Fprintf(&bs.b, "if %s {\n%s}\n", l.cond, l.then)
	default:
		fmt.Fprintf(&bs.b, "if %s {\n%s} else {\n%s}\n", l.cond, l.then, l.otherwise)
	}
	bs.last = branch{}
}

func (bs *branches) String() string {
	bs.flush()
	return bs.b.String()
}
