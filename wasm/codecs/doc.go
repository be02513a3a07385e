// Command codecs is the page's second program: it undoes the compression of
// record batches. The engine (../) works without it and says which bytes it
// would need decompressed; then the page loads this.
//
//	ptr = input(n)                     room for n compressed bytes
//	ptr = decompress(codec, limit)     their length, then the plain bytes; or
//	                                   −1 minus the length of an error, and its text,
//	                                   which is empty if they are more than the limit
//
// Codecs are numbered as in the attributes of a record batch. An answer stays
// until the next call.
package main
