// Command wasm is the engine of the page: it takes pasted text or bytes and
// answers with the fields found in them. It is built with GOOS=js
// GOARCH=wasm; on other systems this file is all there is.
//
// The glue is as thin as it can be. JavaScript writes the input into the
// engine's own memory and calls exported functions; no js.FuncOf, no
// syscall/js, no copying through it (a call costs 10 to 30 ns this way, and
// 30 to 100 µs the other). What comes back is one block of numbers, strings
// and bytes that view.Doc lays out and web/js/protocol.js reads:
//
//	ptr = input(n)                         room for n bytes of input
//	choose(frame, side, key, version)      read that frame so; any number of times
//	forget()                               no choices any more
//	ptr = decode()                         the answer: its length, then the block
//	ptr = open(frame)                      the same for one frame that was listed without its tree
//	ptr = apis()                           the list of APIs, in the same form
//
// Compressed records are not undone here: the block names the bytes that are
// needed, the page has codecs.wasm decompress them, and gives them back before
// it asks again:
//
//	ptr = packed(n, m)                     room for n compressed bytes, then m plain ones or a reason
//	unpacked(n, failed)                    they are there; failed is 1 for a reason
//
// An answer stays until the next call. Everything that thinks is in the
// packages below: capture reads text, kwire/inspect reads messages, view makes
// what is drawn. They are tested natively, without a browser.
package main
