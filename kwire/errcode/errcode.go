// Package errcode names Kafka's error codes, the int16 numbers that responses carry.
//
// A Code is an error: its text is Kafka's name and a sentence. None (0) means success; Err turns it
// into a nil error. Names and numbers follow org.apache.kafka.common.protocol.Errors.
package errcode

import "strconv"

// Code is an error code of the protocol.
type Code int16

type entry struct {
	name      string
	retriable bool
	meaning   string
}

func (c Code) entry() (entry, bool) {
	i := int(c) - int(firstCode)
	if i < 0 || i >= len(entries) {
		return entry{}, false
	}
	return entries[i], true
}

// String returns Kafka's name, as "UNKNOWN_TOPIC_OR_PARTITION", or the number of an unknown code.
func (c Code) String() string {
	if e, ok := c.entry(); ok {
		return e.name
	}
	return "error code " + strconv.Itoa(int(c))
}

// Meaning returns one sentence, or "" for an unknown code.
func (c Code) Meaning() string {
	e, _ := c.entry()
	return e.meaning
}

// ByName finds a code by Kafka's name of it, as "UNKNOWN_TOPIC_OR_PARTITION".
func ByName(name string) (code Code, ok bool) {
	for i := range entries {
		if entries[i].name == name {
			return firstCode + Code(i), true
		}
	}
	return 0, false
}

// Error makes a Code an error.
func (c Code) Error() string {
	if m := c.Meaning(); m != "" {
		return c.String() + ": " + m
	}
	return c.String()
}

// Retriable reports whether the same request may succeed later, as Kafka's clients see it.
func (c Code) Retriable() bool {
	e, _ := c.entry()
	return e.retriable
}

// Err returns nil for None and c otherwise.
func (c Code) Err() error {
	if c == None {
		return nil
	}
	return c
}
