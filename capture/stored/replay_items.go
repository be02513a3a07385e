package stored

import (
	"sort"
	"strconv"
	"strings"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
)

// each calls f with the fields of a message or struct; tagged ones as if they stood among the others.
func each(n inspect.Node, f func(inspect.Node)) {
	for c := range n.Children() {
		switch c.Kind() {
		case inspect.TagsNode:
			for tag := range c.Children() {
				if tag.Kind() == inspect.TagNode {
					each(tag, f)
				}
			}
		case inspect.ValueNode, inspect.ArrayNode, inspect.StructNode:
			f(c)
		}
	}
}

// find is the field of a name, the zero Item if there is none.
func (c change) find(name string) (found Item) {
	each(c.Node, func(n inspect.Node) {
		if n.Field().Name == name {
			found = value(n, c.at)
		}
	})
	return found
}

// id is the text of a value that tells things apart.
func (it Item) id() string {
	if len(it.Below) == 0 {
		return it.Text
	}
	between := " "
	if it.List {
		between = ", "
	}
	var parts []string
	for _, b := range it.Below {
		parts = append(parts, b.id())
	}
	return strings.Join(parts, between)
}

// maxRowFields is how many fields of a struct one row shows.
const maxRowFields = 4

// value is a field, or an element, with what is in it, of a batch that starts at an offset of the file.
func value(n inspect.Node, at int) Item {
	it := Item{Name: n.Name(), At: at + n.Offset(), Size: n.Size(), List: n.Kind() == inspect.ArrayNode}
	switch {
	case n.Kind() == inspect.ValueNode:
		it.Text = text(n)
	case n.IsNull():
		it.Text = "null"
	case it.List:
		simple := true
		for c := range n.Children() {
			if c.Kind() != inspect.CountNode {
				it.Below = append(it.Below, value(c, at))
				simple = simple && c.Kind() == inspect.ValueNode
			}
		}
		if simple {
			it.Text = "[" + it.id() + "]"
		}
	default:
		each(n, func(c inspect.Node) { it.Below = append(it.Below, value(c, at)) })
		var parts []string
		for _, b := range it.Below {
			if len(b.Below) == 0 {
				parts = append(parts, b.Name+" "+b.Text)
			}
		}
		if len(parts) == len(it.Below) && len(parts) <= maxRowFields {
			it.Text = strings.Join(parts, ", ")
		}
	}
	return it
}

// text is a value without quotes; the name of a number where it has one.
func text(n inspect.Node) string {
	if n.IsNull() {
		return "null"
	}
	if n.Field().Type == schema.String {
		return string(n.Bytes()[n.Prefix():])
	}
	if m := n.Meaning(); m != "" && n.Field().Type <= schema.Int16 {
		return m
	}
	return n.Value()
}

// Items returns the state as rows, in the order of names and numbers; groups that are empty are left out.
func (s *State) Items() []Item {
	var groups []Item
	seen := ""
	for _, r := range rules {
		group, _, _ := strings.Cut(r.path, " ")
		it := s.root.below[group]
		if group == seen || it == nil || len(it.below)+len(it.fields) == 0 {
			continue
		}
		seen = group
		groups = append(groups, it.row(group))
	}
	return groups
}

// row is the row of an item with what is below it: its fields, then the things in it.
func (it *item) row(id string) Item {
	row := Item{Name: id}
	for _, f := range it.fields {
		if f.Name == "Name" {
			row.Name, f = f.Text, Item{Name: "Id", Text: id, At: f.At, Size: f.Size}
		}
		row.Below = append(row.Below, f)
	}
	if len(it.fields) == 1 && len(it.below) == 0 && len(it.fields[0].Below) == 0 && it.fields[0].Name != "Name" {
		row = it.fields[0]
		row.Name = id
	}
	things := make([]Item, 0, len(it.below))
	for id, below := range it.below {
		things = append(things, below.row(id))
	}
	sort.Sort(byName(things))
	row.Below = append(row.Below, things...)
	return row
}

// byName orders items by their names, and numbers by their value.
type byName []Item

func (b byName) Len() int      { return len(b) }
func (b byName) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b byName) Less(i, j int) bool {
	x, errX := strconv.Atoi(b[i].Name)
	y, errY := strconv.Atoi(b[j].Name)
	if errX == nil && errY == nil {
		return x < y
	}
	return b[i].Name < b[j].Name
}
