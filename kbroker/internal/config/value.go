package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Type is the type of a setting, with the numbers that DescribeConfigs uses on the wire.
type Type int8

// The types, numbered as in DescribeConfigsResponse.ConfigType.
const (
	Bool     Type = 1
	String   Type = 2
	Int      Type = 3
	Short    Type = 4
	Long     Type = 5
	Double   Type = 6
	List     Type = 7
	Class    Type = 8
	Password Type = 9
)

// String returns the type's name as Kafka's documentation spells it.
func (t Type) String() string {
	switch t {
	case Bool:
		return "boolean"
	case String:
		return "string"
	case Int:
		return "int"
	case Short:
		return "short"
	case Long:
		return "long"
	case Double:
		return "double"
	case List:
		return "list"
	case Class:
		return "class"
	case Password:
		return "password"
	}
	return "unknown"
}

// Value is a parsed setting. Which of Int, Float, Bool and List counts follows from the row's type.
type Value struct {
	Text  string // as written, trimmed; what DescribeConfigs shows
	Null  bool   // no value at all: another setting decides
	Int   int64
	Float float64
	Bool  bool
	List  []string
}

// null is the Default of a row whose setting has no value until one is given.
const null = "\x00"

// parse reads text by the rules of Kafka's ConfigDef.parseType: numbers in decimal, true and false in any case, lists
// separated by commas with the blanks around each item dropped.
func (t Type) parse(text string) (Value, error) {
	text = strings.TrimSpace(text)
	v := Value{Text: text}
	var err error
	switch t {
	case Bool:
		switch strings.ToLower(text) {
		case "true":
			v.Bool = true
		case "false":
		default:
			return v, fmt.Errorf("neither true nor false")
		}
	case Short:
		v.Int, err = parseInt(text, 16)
	case Int:
		v.Int, err = parseInt(text, 32)
	case Long:
		v.Int, err = parseInt(text, 64)
	case Double:
		if v.Float, err = strconv.ParseFloat(text, 64); err != nil || math.IsNaN(v.Float) {
			return v, fmt.Errorf("not a number")
		}
	case List:
		v.List = splitList(text)
	}
	return v, err
}

func parseInt(text string, bits int) (int64, error) {
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return 0, fmt.Errorf("not a whole number of %d bits", bits)
	}
	return n, nil
}

func splitList(text string) []string {
	list := []string{}
	if text == "" {
		return list
	}
	for item := range strings.SplitSeq(text, ",") {
		list = append(list, strings.TrimSpace(item))
	}
	return list
}

// check is a rule for a value and its wording: "allowed: " + text must read well.
type check struct {
	text string
	ok   func(Value) bool
}

var anyValue = check{text: "", ok: func(Value) bool { return true }}

func atLeast(low int64) check {
	return check{
		text: fmt.Sprintf("at least %d", low),
		ok:   func(v Value) bool { return v.Int >= low },
	}
}

func between(low, high int64) check {
	return check{
		text: fmt.Sprintf("%d to %d", low, high),
		ok:   func(v Value) bool { return v.Int >= low && v.Int <= high },
	}
}

func ratio(low, high float64) check {
	return check{
		text: fmt.Sprintf("%g to %g", low, high),
		ok:   func(v Value) bool { return v.Float >= low && v.Float <= high },
	}
}

// oneOf also serves lists: then every item has to be one of the names.
func oneOf(names ...string) check {
	in := func(s string) bool {
		for _, name := range names {
			if s == name {
				return true
			}
		}
		return false
	}
	return check{
		text: strings.Join(names, ", "),
		ok: func(v Value) bool {
			if v.List == nil {
				return in(v.Text)
			}
			for _, item := range v.List {
				if !in(item) {
					return false
				}
			}
			return true
		},
	}
}

// only is for settings that ask for something this broker does not have.
func only(text, why string) check {
	return check{text: fmt.Sprintf("only %q: %s", text, why), ok: func(v Value) bool { return v.Text == text }}
}

var gzipLevel = check{
	text: "1 to 9, or -1 for the codec's own default",
	ok:   func(v Value) bool { return v.Int == -1 || v.Int >= 1 && v.Int <= 9 },
}
