package main

import (
	"bytes"
	"encoding/json"
)

func newReader(b []byte) *bytes.Reader { return bytes.NewReader(b) }

// unmarshal is json.Unmarshal that keeps numbers as they are written: an int64 has no place in a float.
func unmarshal(text []byte, v any) error {
	d := json.NewDecoder(newReader(text))
	d.UseNumber()
	return d.Decode(v)
}
