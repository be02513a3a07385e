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
//	ptr = bytes()                          where the bytes lie that all offsets count in; the block has their number
//	ptr = apis()                           the list of APIs, in the same form; then the formats and the error codes
//
// Compressed records are not undone here: the block names the bytes that are
// needed, the page has codecs.wasm decompress them, and gives them back before
// it asks again:
//
//	ptr = packed(n, m)                     room for n compressed bytes, then m plain ones or a reason
//	unpacked(n, failed)                    they are there; failed is 1 for a reason
//	n = room()                             how many plain bytes may still come
//
// Where there is no room left the page has all of them dropped, and asks again
// for what it needs now.
//
// All else that the page wants to know is a question, whose numbers are in
// ask.go. Its argument, where it has one, is given before it; an answer whose
// length is −1−n is the reason, in n bytes, why there is none:
//
//	ptr = text(n)                          room for n bytes of an argument
//	named()                                they are the name of the input's file; after input
//	formatted()                            they are the format that it is to be read as, one of apis(); after input
//	ptr = ask(what, a, b, c, d)            the answer to a question
//
//	open(frame)                            a block of one frame that was listed without its tree
//	edit(frame, op, a, b)                  a block of all after an edit: see view.Session.Edit
//	roundtrip(frame)                       an int32: −1 the values make these bytes, −2 unknown, else where they differ
//	how(frame, node)                       lines that explain how bytes make a value
//	json(frame)                            the message in the form of Kafka's JSON converters
//	pin(frame)                             keeps a frame for compare; −1 forgets it
//	compare(frame)                         lines of how the pinned frame and this one differ
//	versions(side, key)                    lines of an API's schema over all versions
//	skim(from, count)                      lines of what a list says of each frame: its error code, its problems, its topics
//	texts(frame)                           texts of rows that came without: the argument is their numbers as int32s
//	places(first, end)                     three int32s: where the first, the last and the next of some bytes stand in the text
//	packed(full)                           a block that needs the compressed bytes that find has not looked into;
//	                                       full is 1 when those of the last one have no room: then there are no more
//	find()                                 a byte a frame: 1 if the argument is among its bytes or in its records;
//	                                       then 1 if it did not look into all that is compressed
//	drop()                                 all plain forms are forgotten
//	replay(frame, lo, hi)                  a block of the cluster's state after an offset of a metadata log
//
// An answer stays until the next call. Everything that thinks is in the
// packages below: capture reads text, kwire/inspect reads messages, view makes
// what is drawn. They are tested natively, without a browser.
package main
