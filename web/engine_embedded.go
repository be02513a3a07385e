//go:build playground

package web

import _ "embed"

//go:embed dist/kwire.wasm.gz
var wasmGzip []byte

//go:embed dist/codecs.wasm.gz
var codecsGzip []byte

//go:embed dist/wasm_exec.js.gz
var wasmExecGzip []byte

var engineFiles = map[string][]byte{
	"dist/kwire.wasm":   wasmGzip,
	"dist/codecs.wasm":  codecsGzip,
	"dist/wasm_exec.js": wasmExecGzip,
}
