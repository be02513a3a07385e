package spec

// MinElementSize returns the smallest encoding of one element of the array f over the versions in
// which it is used, flexible as the message is. The typed codec and the tables hold counts against
// this number, so that they refuse the same input at the same byte.
func MinElementSize(f *Field, in, flexible Versions) int {
	least := -1
	for _, v := range in.All() {
		if n := ElementSize(f, v, flexible.Has(v)); least < 0 || n < least {
			least = n
		}
	}
	return max(least, 1)
}

// ElementSize returns the smallest encoding of one element of f (of f itself if it is no array) at
// version v.
func ElementSize(f *Field, v int16, flexible bool) int {
	switch f.Type {
	case "bool", "int8":
		return 1
	case "int16", "uint16":
		return 2
	case "int32", "uint32":
		return 4
	case "int64", "float64":
		return 8
	case "uuid":
		return 16
	case "string":
		if flexible && !f.NeverFlexible {
			return 1
		}
		return 2
	case "bytes", "records":
		if flexible {
			return 1
		}
		return 4
	}
	return f.Struct.minSize(v, flexible)
}

func (s *Struct) minSize(v int16, flexible bool) int {
	n := 0
	for _, f := range s.Fields {
		if !f.Versions.Has(v) || f.Tagged.Has(v) {
			continue
		}
		switch {
		case f.Array && flexible:
			n++
		case f.Array:
			n += 4
		case f.Type == "struct" && f.Nullable.Has(v):
			n++
		default:
			n += ElementSize(f, v, flexible)
		}
	}
	if flexible {
		n++ // the count of its tagged fields
	}
	return n
}
