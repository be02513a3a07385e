//go:build !(js && wasm)

package main

import "os"

func main() {
	os.Stderr.WriteString("wasm: this is the engine of a web page; build it with GOOS=js GOARCH=wasm\n")
	os.Exit(2)
}
