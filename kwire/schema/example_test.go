package schema_test

import (
	"fmt"

	"github.com/kwire-project/kafka/kwire/schema"
)

// The layout of a message at one version, with a sentence on every field: for tools that show it.
func Example() {
	const version = 4
	m := schema.ByName("HeartbeatRequest")
	fmt.Println(m.Name, "has key", m.Key, "and versions", m.Versions, "- flexible from", m.Flexible.Min())
	for _, f := range m.Fields {
		if !f.Versions.Has(version) {
			continue
		}
		null := ""
		if f.Nullable.Has(version) {
			null = ", nullable"
		}
		fmt.Printf("%s %s%s, since %d: %s\n", f.Name, f.TypeName(), null, f.Versions.Min(), schema.About(m, nil, f))
	}
	// Output:
	// HeartbeatRequest has key 12 and versions 0-4 - flexible from 4
	// GroupId string, since 0: The name of the group.
	// GenerationId int32, since 0: The generation of the group, counted up with each rebalance; -1 where there is none.
	// MemberId string, since 0: The member's id within its group, given by the coordinator or, in newer groups, chosen by the member.
	// GroupInstanceId string, nullable, since 3: The name that a static member keeps over restarts; null for dynamic members.
}
