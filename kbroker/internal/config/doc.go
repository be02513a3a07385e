// Package config turns a server.properties file into a Config.
//
// There is one table for the broker (brokerKeys) and one for topics (topicKeys). A row holds everything that is known
// about a setting: its name, type, default, what values are allowed, when it may change, one sentence for people, and
// the field of Config that it fills. Whatever speaks about settings reads these rows: the parser, the error text for
// a wrong value, the answer to DescribeConfigs, the check of a topic's overrides and kbroker/SETTINGS.md. So a new
// setting is one new row.
//
// Names, types and defaults are those of Apache Kafka 4.4 wherever Kafka has the setting. The few defaults that differ
// do so because this broker is a single node, or because Kafka's default would lose data or memory; a test lists each
// of them with its reason.
//
// # From file to Config
//
//	settings, err := config.ReadFile("server.properties")
//	cfg, err := config.New("server.properties", settings) // or config.New("", nil) for the defaults
//	for _, w := range cfg.Warnings { … }           // unknown keys, settings without effect on one node
//
// A key that the table does not hold is a warning and never a failure, since people bring the files they have. A value
// that is not allowed is an error which names file, key, value and what is allowed; all wrong values are reported
// together. Nothing in a value is ever expanded or run: ${…} stays as it is, and a class name is only text.
//
// # Topics
//
// A topic's settings are its own overrides (records in the metadata log) over the broker's settings under their older
// names: retention.ms is log.retention.ms, or else log.retention.minutes or log.retention.hours. Each topic row lists
// these synonyms in Kafka's order. Config.Topic gives the result for a set of overrides, CheckTopicValue the verdict
// on a single one.
//
// # Listeners
//
// listeners, advertised.listeners, listener.security.protocol.map and controller.listener.names together become
// Config.Listeners. Controller listeners are parsed and marked, not opened: this broker keeps its own metadata log and
// has no quorum to talk to. Only PLAINTEXT can be served today; a listener that asks for TLS or SASL is an error, since
// opening it without protection would be worse than not starting.
//
// What this package does not do: it opens no sockets and no data files, and it never changes after loading.
package config
