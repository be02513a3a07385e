package main

import "strings"

// initialisms are the words that Go writes in capitals.
var initialisms = map[string]string{
	"Id": "ID", "Ids": "IDs", "Api": "API", "Uuid": "UUID", "Crc": "CRC", "Ip": "IP", "Acl": "ACL", "Acls": "ACLs",
	"Sasl": "SASL", "Scram": "SCRAM", "Hmac": "HMAC", "Isr": "ISR", "Elr": "ELR", "Ttl": "TTL", "Url": "URL",
}

// goName turns one of Kafka's names into a Go field name: topicId becomes TopicID.
func goName(kafka string) string {
	var b strings.Builder
	for _, w := range words(kafka) {
		w = strings.ToUpper(w[:1]) + w[1:]
		if up, ok := initialisms[w]; ok {
			w = up
		}
		b.WriteString(w)
	}
	return b.String()
}

// words splits a camel-case name: "KRaftVersion" is K, Raft, Version.
func words(s string) []string {
	var out []string
	start := 0
	for i := 1; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			out = append(out, s[start:i])
			start = i
		}
	}
	return append(out, s[start:])
}
