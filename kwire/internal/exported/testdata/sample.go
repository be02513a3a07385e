// Package sample has one of everything that the text of an API can show.
package sample

import "io"

// Kind is counted.
type Kind uint8

// Kinds.
const (
	First  Kind = iota
	Second      // with a comment
	hidden
)

// Size and Name are constants with a value.
const (
	Size = 1 << 4
	Name = "n"
)

// ErrX is a variable: its value is no part of the API.
var ErrX = io.EOF

// Store is an interface.
type Store interface {
	// Get has a comment.
	Get(key string) ([]byte, error)
	io.Closer
}

// Pair has parameters and hidden fields.
type Pair[K comparable, V any] struct {
	Key    K
	Value  V // the value
	hidden int
}

// NewPair makes one.
func NewPair[K comparable, V any](k K, v V) *Pair[K, V] { return &Pair[K, V]{Key: k, Value: v} }

// Swap is a method.
func (p *Pair[K, V]) Swap(with *Pair[K, V]) { *p, *with = *with, *p }

func (p *Pair[K, V]) hide() int { return p.hidden }

// Other is an alias.
type Other = Pair[string, int]

// Use is a function.
func Use(a, b int, rest ...string) (n int, err error) { return new(Other).hide() + int(hidden), nil }
