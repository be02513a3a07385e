package config

import (
	"fmt"
	"strings"
)

// Document writes both tables as Markdown: the text of kbroker/SETTINGS.md.
func Document() string {
	var b strings.Builder
	b.WriteString("# Settings\n\n" +
		"Written from the tables in `internal/config`; a test holds this file equal to them. Names, types and defaults are\n" +
		"Apache Kafka 4.4's unless the sentence says otherwise. A setting that is not listed is ignored with a warning.\n\n" +
		"## Of the broker (server.properties)\n\n" +
		"| setting | type | default | allowed | sentence |\n|---|---|---|---|---|\n")
	for _, k := range brokerTable {
		text, ok := k.Default()
		row(&b, k.Name, k.Type, shownDefault(text, ok), k.Allowed(), k.Doc)
	}
	b.WriteString("\n## Of a topic\n\nThe default of a topic's setting is the broker's, under the name given.\n\n" +
		"| setting | type | default | allowed | sentence |\n|---|---|---|---|---|\n")
	for i := range topicKeys {
		k := &topicKeys[i]
		deflt := shownDefault(k.deflt, k.deflt != null)
		var names []string
		for _, s := range k.Synonyms {
			names = append(names, "`"+s.Broker+"`")
		}
		if names != nil {
			deflt = strings.Join(names, ", else ")
		}
		row(&b, k.Name, k.Type, deflt, k.Allowed(), k.Doc)
	}
	return b.String()
}

func shownDefault(text string, ok bool) string {
	switch {
	case !ok:
		return ""
	case text == "":
		return "empty"
	}
	return "`" + text + "`"
}

func row(b *strings.Builder, name string, t Type, deflt, allowed, doc string) {
	fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", name, t, deflt, allowed, strings.ReplaceAll(doc, "|", `\|`))
}
