package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kwire-project/kafka/kwire/internal/gen/spec"
)

// emitAPIs writes kwire/apis.go: the API keys with their versions, and the look-ups by key.
func emitAPIs(kwire, _ string, messages []*spec.Message) error {
	var requests []*spec.Message
	responses := map[int16]*spec.Message{}
	for _, m := range messages {
		switch m.Kind {
		case spec.Request:
			requests = append(requests, m)
		case spec.Response:
			responses[m.Key] = m
		}
	}
	slices.SortFunc(requests, func(a, b *spec.Message) int { return int(a.Key) - int(b.Key) })
	var consts, rows, newRequest, newResponse strings.Builder
	for i, m := range requests {
		check(int(m.Key) == i, "API keys have a gap before %d", m.Key)
		resp := responses[m.Key]
		name := strings.TrimSuffix(m.Name, "Request")
		fmt.Fprintf(&consts, "\t%s APIKey = %d\n", name, m.Key)
		check(resp != nil && resp.Versions.String() == m.Versions.String() && len(m.Versions) == 1, "versions of %s", name)
		v := m.Versions[0]
		unstable := spec.Range{Min: -1, Max: -1}
		if len(m.Unstable) > 0 {
			check(len(m.Unstable) == 1, "unstable versions of %s", name)
			unstable = m.Unstable[0]
		}
		fmt.Fprintf(&rows, "\t%s: {%q, %d, %d, %d, %d, %d, %d},\n", name, name, v.Min, v.Max, unstable.Min, unstable.Max, firstFlexible(m), firstFlexible(resp))
		fmt.Fprintf(&newRequest, "\tcase %s:\n\t\treturn new(api.%s)\n", name, m.Name)
		fmt.Fprintf(&newResponse, "\tcase %s:\n\t\treturn new(api.%s)\n", name, resp.Name)
	}
	src := generatedMark + ` from spec/api. DO NOT EDIT.

package kwire

import (
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/wire"
)

// The APIs of Apache Kafka 4.4.0 and those that 3.9.2 still had.
const (
` + consts.String() + `)

// apis are indexed by key: name, first and last version, first and last version that
// Kafka has not declared stable (−1: none), the first flexible version of request and response.
var apis = [...]apiInfo{
` + rows.String() + `}

// NewRequest returns a new request of the API, or nil if the key is not known.
func NewRequest(key APIKey) wire.Message {
	switch key {
` + newRequest.String() + `	}
	return nil
}

// NewResponse returns a new response of the API, or nil if the key is not known.
func NewResponse(key APIKey) wire.Message {
	switch key {
` + newResponse.String() + `	}
	return nil
}
`
	return writeGo(filepath.Join(kwire, "apis.go"), src)
}

// firstFlexible returns the first flexible version, or one more than the last version.
func firstFlexible(m *spec.Message) int16 {
	if len(m.Flexible) == 0 {
		return m.Versions[0].Max + 1
	}
	check(len(m.Flexible) == 1 && m.Flexible[0].Max == m.Versions[0].Max, "flexible versions of %s", m.Name)
	return m.Flexible[0].Min
}
