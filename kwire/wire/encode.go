package wire

import "strconv"

// Encode collects what keeps a message from being written at its version: the first reason wins.
type Encode struct {
	err *Error
}

// Err returns the first failure, or nil.
func (e *Encode) Err() *Error { return e.err }

// Failed reports whether something could not be written.
func (e *Encode) Failed() bool { return e.err != nil }

func (e *Encode) fail(field string, cause error, detail string) {
	if e.err == nil {
		e.err = &Error{Path: field, Offset: -1, Err: cause, Detail: detail}
	}
}

// String checks the length in bytes of a string field.
func (e *Encode) String(field string, n int) {
	if n > MaxStringBytes {
		e.tooLong(field, n)
	}
}

func (e *Encode) tooLong(field string, n int) {
	e.fail(field, ErrTooLong, "string of "+strconv.Itoa(n)+" bytes")
}

// Null notes that a field is null in a version that has no null for it.
func (e *Encode) Null(field string) { e.fail(field, ErrNull, "") }

// Unsupported notes that a field is set in a version that cannot carry it.
func (e *Encode) Unsupported(field string) { e.fail(field, ErrUnsupportedField, "") }

// In puts the enclosing field before the path of a failure on its way out; index −1 means that
// the field is not an array.
func (e *Encode) In(field string, index int) {
	if e.err == nil {
		return
	}
	p := field
	if index >= 0 {
		p += "[" + strconv.Itoa(index) + "]"
	}
	if e.err.Path != "" {
		p += "." + e.err.Path
	}
	e.err.Path = p
}
