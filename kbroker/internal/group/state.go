package group

// State is where a group stands.
type State int8

// The states of a classic group.
const (
	Empty               State = iota // no members; maybe offsets
	PreparingRebalance               // waiting for the members to join
	CompletingRebalance              // waiting for the leader's assignment
	Stable                           // every member can have its assignment
	Dead                             // being deleted
)

var stateNames = [...]string{"Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"}

// String returns Kafka's name of the state.
func (s State) String() string { return stateNames[s] }

// canRebalance reports whether a rebalance may start in this state.
func (s State) canRebalance() bool { return s == Empty || s == CompletingRebalance || s == Stable }
