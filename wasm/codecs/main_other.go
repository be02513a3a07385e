//go:build !(js && wasm)

package main

import "os"

func main() {
	os.Stderr.WriteString("codecs: this is a part of a web page; build it with GOOS=js GOARCH=wasm\n")
	os.Exit(2)
}
