package cluster

// Feature is a cluster feature: the levels that this broker can work with, and the one that is in force.
type Feature struct {
	Name      string
	Min, Max  int16
	Bootstrap int16 // level in a directory that we format; 0 for none
	Level     int16 // in force; 0 for none
}

// metadataVersion is the feature that says which record versions the log may hold.
const metadataVersion = "metadata.version"

// supportedFeatures are those of Apache Kafka 4.4.0, with the levels that its formatting puts in force, in the order in
// which it writes them. kraft.version is not among the records: the log's control records have it.
func supportedFeatures() []Feature {
	return []Feature{
		{Name: metadataVersion, Min: 7, Max: 33, Bootstrap: 33}, // 3.3-IV3 to 4.4-IV2
		{Name: "eligible.leader.replicas.version", Max: 1, Bootstrap: 1},
		{Name: "group.version", Max: 1, Bootstrap: 1},
		{Name: "share.version", Max: 2, Bootstrap: 2},
		{Name: "streams.version", Max: 1, Bootstrap: 1},
		{Name: "transaction.version", Max: 2, Bootstrap: 2},
		{Name: "kraft.version", Max: 1},
	}
}

// Features returns the cluster's features with the levels in force.
func (i *Image) Features() []Feature {
	all := supportedFeatures()
	for n := range all {
		all[n].Level = i.features[all[n].Name]
	}
	all[len(all)-1].Level = i.raft.version
	return all
}

// Levels of metadata.version at which something changed in the records that we write.
const (
	levelControlledShutdown  = 7  // 3.3-IV3, the oldest that Kafka 4 opens
	levelZkMigration         = 8  // 3.4-IV0
	levelTransactions        = 13 // 3.6-IV1: begin, end and abort of a metadata transaction
	levelRegisterController  = 15 // 3.7-IV0
	levelDirectoryAssignment = 17 // 3.7-IV2: log directories in partitions and registrations
	levelELR                 = 23 // 4.0-IV1: eligible leader replicas
	levelCordonedLogDirs     = 30 // 4.3-IV0
)

// level is the metadata.version in force. A log without one is read as the oldest (Kafka's MetadataVersion.MINIMUM).
func (i *Image) level() int16 { return max(i.features[metadataVersion], levelControlledShutdown) }

// The versions of records by metadata.version, as in Kafka's MetadataVersion.

func (i *Image) registerBrokerVersion() int16 {
	switch l := i.level(); {
	case l >= levelCordonedLogDirs:
		return 4
	case l >= levelDirectoryAssignment:
		return 3
	case l >= levelZkMigration:
		return 2
	}
	return 1
}

func (i *Image) partitionVersion() int16 {
	switch l := i.level(); {
	case l >= levelELR:
		return 2
	case l >= levelDirectoryAssignment:
		return 1
	}
	return 0
}
