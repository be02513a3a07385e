// Package compose writes messages from JSON: the inverse of inspect.AppendJSON.
//
//	body, err := compose.Message(nil, schema.ByName("MetadataRequest"), 12,
//		[]byte(`{"topics":[{"name":"orders"}],"allowAutoTopicCreation":false}`))
//
// The JSON has the form of Kafka's own converters: field names with a small first letter, bytes and
// record batches in base64, uuids in Kafka's text form. What is left out has its default, so that a
// request typed by hand stays short; a name that the message does not have is an error, and so is a
// field that the version cannot carry, unless Kafka may ignore it.
//
// It works along the tables of package schema, as inspect does, and knows every message and version.
// Programs that send messages use package api; this package serves tools.
package compose
