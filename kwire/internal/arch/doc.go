// Package arch holds the rules of ARCHITECTURE.md about who may import whom, as a test.
package arch
