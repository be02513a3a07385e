package config

import (
	"fmt"
	"strings"
)

// Mode says when a broker setting may change while the broker runs, in Kafka's three classes.
type Mode int8

// The modes. A setting that is not ReadOnly can be altered in Kafka without a restart: PerBroker for one broker
// only, ClusterWide also as a default for all.
const (
	ReadOnly Mode = iota
	PerBroker
	ClusterWide
)

// String returns the mode as Kafka's documentation spells it.
func (m Mode) String() string {
	switch m {
	case PerBroker:
		return "per-broker"
	case ClusterWide:
		return "cluster-wide"
	}
	return "read-only"
}

// Key is one row of the broker's table.
type Key struct {
	Name    string
	Type    Type
	deflt   string // null: no value until one is given
	Mode    Mode
	allowed check
	Doc     string            // one sentence for people
	field   func(*Config) any // pointer to the field it fills; nil when only looked up by name
}

// Default returns the text of the default, and false when there is none.
func (k *Key) Default() (text string, ok bool) {
	return k.deflt, k.deflt != null
}

// Sensitive says that the value must never be shown, neither in an answer nor in a log.
func (k *Key) Sensitive() bool { return k.Type == Password }

// Allowed says in words which values may be given; "" when the type says it all.
func (k *Key) Allowed() string { return k.allowed.text }

// parse reads a value of this setting. The error says what is allowed and does not repeat the value.
func (k *Key) parse(text string) (Value, error) {
	return parseValue(k.Type, k.allowed, text)
}

func parseValue(t Type, allowed check, text string) (Value, error) {
	v, err := t.parse(text)
	if err == nil && !allowed.ok(v) {
		err = fmt.Errorf("not allowed")
	}
	if err == nil {
		return v, nil
	}
	want := t.String()
	if allowed.text != "" {
		want += ", " + allowed.text
	}
	return v, fmt.Errorf("%w (allowed: %s)", err, want)
}

// defaultValue is the parsed default. The table is part of the program, so a default that its own row refuses is a
// fault of ours and a test holds that there is none.
func (k *Key) defaultValue() Value {
	if k.deflt == null {
		return Value{Null: true}
	}
	v, err := k.Type.parse(k.deflt)
	if err != nil {
		panic("config: internal: default of " + k.Name + ": " + err.Error())
	}
	return v
}

// BrokerKeys returns the rows of the broker's table in the order in which they are documented.
func BrokerKeys() []*Key { return brokerTable }

// brokerTable is the parts of the table in one slice; brokerByName finds a row.
var (
	brokerTable  = joinTables(serverKeys, topicDefaultKeys, logKeys, groupKeys)
	brokerByName = indexByName(brokerTable)
)

func joinTables(parts ...[]Key) []*Key {
	var all []*Key
	for _, part := range parts {
		for i := range part {
			all = append(all, &part[i])
		}
	}
	return all
}

func indexByName(table []*Key) map[string]*Key {
	index := make(map[string]*Key, len(table))
	for _, k := range table {
		if index[k.Name] != nil {
			panic("config: internal: two rows for " + k.Name)
		}
		index[k.Name] = k
	}
	return index
}

// BrokerKey returns the row of one broker setting.
func BrokerKey(name string) (*Key, bool) {
	k, ok := brokerByName[name]
	return k, ok
}

// nearest finds the row whose name is most like a name that is not in the table, for "did you mean". It gives ""
// when nothing is close: at most two letters wrong, or punctuation only.
func nearest(name string) string {
	best, bestDistance := "", 3
	for _, k := range brokerTable {
		if plain(k.Name) == plain(name) {
			return k.Name
		}
		if d := editDistance(k.Name, name, bestDistance); d < bestDistance {
			best, bestDistance = k.Name, d
		}
	}
	return best
}

func plain(name string) string {
	return strings.ToLower(strings.NewReplacer(".", "", "_", "", "-", "").Replace(name))
}

// editDistance is Levenshtein's; it stops early and returns limit when the lengths alone differ by that much.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substitute := diagonal
			if a[i-1] != b[j-1] {
				substitute++
			}
			diagonal = row[j]
			row[j] = min(substitute, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
