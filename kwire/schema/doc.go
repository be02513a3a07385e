// Package schema holds what Apache Kafka's messages look like, as tables: the names, types,
// versions, tags, nullability and defaults of every field of every message.
//
// It covers all of Kafka 4.4.0 and the versions that Kafka 3.9 had and 4.0 removed: requests and
// responses, their headers, the records of the metadata log, of the group, transaction and share
// coordinators, and the small structures stored in control records, snapshots and indexes.
//
//	m := schema.ByName("FetchRequest")      // by Kafka's name, or an older name of the same message
//	m = schema.Request(1)                   // by API key
//	for _, f := range m.Fields {
//		if f.Versions.Has(12) {
//			… f.Name, f.TypeName(), f.Nullable.Has(12), schema.About(m, nil, f) …
//		}
//	}
//
// # How it is kept
//
// tables.go is generated: one row of constants per message, its fields as a short text. A text is
// parsed when its message is first asked for, so a program that links this package pays nothing at
// start, and look-ups afterwards are free. Messages, fields and structs are shared by everyone who
// asks for them: read them, never change them.
//
// About gives one sentence on any field, AboutAPI one on an API, in this project's own words. The
// sentences are a text of their own, which the linker drops from programs that never call them.
//
// The package imports nothing of this module, and neither fmt nor reflect, because programs that
// must stay small link it.
package schema
