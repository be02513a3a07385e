// Package coord has the records of Kafka's coordinators (__consumer_offsets, __transaction_state,
// __share_group_state) and what consumers of classic groups tell each other through them. It is generated
// from kwire/internal/gen/spec/coord; types and methods are as in package api.
//
// A record's key is an int16 type, which is the MessageKey of the …Key message, and the message at version
// 0; its value is an int16 version and the …Value message. In Kafka 3.9 the type was called the version of
// the key, so keys have that as a second version, with the same layout. ConsumerProtocolSubscription and
// ConsumerProtocolAssignment, the metadata and assignment of JoinGroup and SyncGroup, stand behind an int16
// version too.
package coord
