//go:build !playground

package web

// engineFiles is empty: the page then says how to build the engine.
var engineFiles map[string][]byte
