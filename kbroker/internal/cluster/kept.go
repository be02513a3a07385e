package cluster

import (
	"fmt"
	"strings"

	"github.com/kwire-project/kafka/kwire/meta"
)

// keptKey is the identity of a record that is kept for snapshots: its type, and what tells it from others of the type.
type keptKey struct {
	typ int16
	id  string
}

// keep handles the record types that nothing acts on: the newest record of each identity is kept, and removals take
// effect. ok is false for other types.
func (b *builder) keep(r Record) (ok bool) {
	put := func(id string) { b.ownKept()[keptKey{r.Message.MessageKey(), id}] = r }
	remove := func(typ int16, id string) { delete(b.ownKept(), keptKey{typ, id}) }
	switch m := r.Message.(type) {
	case *meta.AccessControlEntryRecord:
		put(m.ID.String())
	case *meta.RemoveAccessControlEntryRecord:
		remove((*meta.AccessControlEntryRecord)(nil).MessageKey(), m.ID.String())
	case *meta.UserScramCredentialRecord:
		put(fmt.Sprintf("%d %s", m.Mechanism, m.Name))
	case *meta.RemoveUserScramCredentialRecord:
		remove((*meta.UserScramCredentialRecord)(nil).MessageKey(), fmt.Sprintf("%d %s", m.Mechanism, m.Name))
	case *meta.DelegationTokenRecord:
		put(m.TokenID)
	case *meta.RemoveDelegationTokenRecord:
		remove((*meta.DelegationTokenRecord)(nil).MessageKey(), m.TokenID)
	case *meta.ClientQuotaRecord:
		if m.Remove {
			remove(m.MessageKey(), quotaID(m))
		} else {
			put(quotaID(m))
		}
	case *meta.RegisterControllerRecord:
		put(fmt.Sprint(m.ControllerID))
	case *meta.UnregisterControllerRecord:
		remove((*meta.RegisterControllerRecord)(nil).MessageKey(), fmt.Sprint(m.ControllerID))
	case *meta.ZkMigrationStateRecord:
		put("")
	default:
		return false
	}
	return true
}

// quotaID tells one quota from another: the entity, in the order in which Kafka writes its parts, and the quota's name.
func quotaID(m *meta.ClientQuotaRecord) string {
	var id strings.Builder
	for _, e := range m.Entity {
		fmt.Fprintf(&id, "%q=%t%q,", e.EntityType, e.EntityName.Valid, e.EntityName.V)
	}
	id.WriteString(m.Key)
	return id.String()
}
