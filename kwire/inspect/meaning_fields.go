package inspect

import (
	"strings"

	"github.com/kwire-project/kafka/kwire/schema"
)

// Names of the numbers that Kafka's enumerations have on the wire, by number; "" for a gap.
var (
	aclOperations = [...]string{"UNKNOWN", "ANY", "ALL", "READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE", "CLUSTER_ACTION",
		"DESCRIBE_CONFIGS", "ALTER_CONFIGS", "IDEMPOTENT_WRITE", "CREATE_TOKENS", "DESCRIBE_TOKENS", "TWO_PHASE_COMMIT"}
	aclResources    = [...]string{"UNKNOWN", "ANY", "TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN", "USER"}
	aclPermissions  = [...]string{"UNKNOWN", "ANY", "DENY", "ALLOW"}
	patternTypes    = [...]string{"UNKNOWN", "ANY", "MATCH", "LITERAL", "PREFIXED"}
	configSources   = [...]string{"unknown", "topic", "broker, dynamic", "all brokers, dynamic", "broker, static", "default", "broker logger", "client metrics", "group"}
	configTypes     = [...]string{"unknown", "boolean", "string", "int", "short", "long", "double", "list", "class", "password"}
	configOps       = [...]string{"SET", "DELETE", "APPEND", "SUBTRACT"}
	scramMechanisms = [...]string{"unknown", "SCRAM-SHA-256", "SCRAM-SHA-512"}
	protocols       = [...]string{"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}
	upgradeTypes    = [...]string{"unknown", "upgrade", "safe downgrade", "unsafe downgrade"}
	coordinators    = [...]string{"group", "transaction", "share group"}
	isolation       = [...]string{"read uncommitted", "read committed"}
	elections       = [...]string{"preferred leader", "unclean"}
	heartbeatEpochs = [...]string{"joins", "leaves", "a static member leaves for a while"}
	listOffsetTimes = [...]string{"latest", "earliest", "the largest timestamp", "earliest on local disk", "latest in tiered storage", "earliest not yet in tiered storage"}
)

// fieldMeaning knows what numbers say in certain fields of certain messages.
func fieldMeaning(m *schema.Message, f *schema.Field, v int64) string {
	switch f.JSONName {
	case "apiKey", "requestApiKey":
		return schema.APIName(int16(v))
	case "acks":
		switch v {
		case -1:
			return "all replicas in sync"
		case 0:
			return "no answer wanted"
		case 1:
			return "the leader only"
		}
	case "isolationLevel":
		return named(isolation[:], v)
	case "keyType":
		return named(coordinators[:], v)
	case "timestamp":
		if m.Name == "ListOffsetsRequest" && v < 0 {
			return named(listOffsetTimes[:], -v-1)
		}
	case "replicaId":
		if v == -1 {
			return "a consumer"
		}
	case "preferredReadReplica":
		if v == -1 {
			return "none: read from the leader"
		}
	case "numPartitions", "replicationFactor":
		if v == -1 {
			return "the broker's default, or as assigned"
		}
	case "retentionTimeMs":
		if v == -1 {
			return "as the broker is set"
		}
	case "rebalanceTimeoutMs":
		if v == -1 && m.Kind == schema.KindRequest {
			return "not changed"
		}
	case "sessionEpoch":
		switch v {
		case -1:
			return "no session"
		case 0:
			return "a new session"
		}
	case "memberEpoch":
		if strings.HasSuffix(m.Name, "HeartbeatRequest") {
			return named(heartbeatEpochs[:], -v)
		}
	}
	return enumMeaning(m, f, v)
}

func enumMeaning(m *schema.Message, f *schema.Field, v int64) string {
	if f.Type != schema.Int8 && f.Type != schema.Int16 {
		return ""
	}
	configs := strings.Contains(m.Name, "Config")
	switch f.JSONName {
	case "resourceType", "resourceTypeFilter", "resourceTypes":
		if configs {
			return configResource(v)
		}
		return named(aclResources[:], v)
	case "operation":
		return named(aclOperations[:], v)
	case "permissionType":
		return named(aclPermissions[:], v)
	case "patternType", "patternTypeFilter", "resourcePatternType":
		return named(patternTypes[:], v)
	case "configSource", "source":
		if configs {
			return named(configSources[:], v)
		}
	case "configType":
		return named(configTypes[:], v)
	case "configOperation":
		return named(configOps[:], v)
	case "mechanism":
		return named(scramMechanisms[:], v)
	case "securityProtocol":
		return named(protocols[:], v)
	case "upgradeType":
		return named(upgradeTypes[:], v)
	case "electionType":
		return named(elections[:], v)
	}
	return ""
}

func named(names []string, v int64) string {
	if v < 0 || v >= int64(len(names)) {
		return ""
	}
	return names[v]
}

func configResource(v int64) string {
	switch v {
	case 2:
		return "TOPIC"
	case 4:
		return "BROKER"
	case 8:
		return "BROKER_LOGGER"
	case 16:
		return "CLIENT_METRICS"
	case 32:
		return "GROUP"
	}
	return ""
}

// operations names the set bits of a field of allowed ACL operations.
func operations(v int64) string {
	switch {
	case v == -1<<31:
		return "not asked for"
	case v < 0:
		return ""
	case v == 0:
		return "none"
	}
	var parts []string
	for i, name := range aclOperations {
		if v>>i&1 != 0 {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, ", ")
}
