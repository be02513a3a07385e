package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// broker is the text of the broker's own sources, but for the tables: whoever reads a setting is in it.
func broker(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		base := filepath.Base(name)
		if err != nil || filepath.Ext(base) != ".go" || strings.HasSuffix(base, "_test.go") || strings.HasPrefix(base, "table_") {
			return err
		}
		text, err := os.ReadFile(name)
		all.Write(text)
		return err
	}))
	return all.String()
}

// A setting either changes something or says that it does not.
func TestSettingsHaveAnEffectOrSaySo(t *testing.T) {
	text := broker(t)
	idle := func(doc string) bool { return strings.HasPrefix(doc, "Accepted and not used: ") }
	check := func(name, doc string, has bool) {
		t.Helper()
		assert.Equal(t, has, !idle(doc), "%s: has it an effect? Its sentence: %s", name, doc)
	}
	only := func(allowed string) bool { return strings.HasPrefix(allowed, "only ") }
	topics := map[string]bool{} // broker settings that are the default of a topic's: whether that has an effect
	for _, k := range TopicKeys() {
		has := k.field != nil && !idle(k.Doc) || only(k.Allowed())
		check(k.Name, k.Doc, has)
		for _, s := range k.Synonyms {
			topics[s.Broker] = has
		}
	}
	for _, k := range BrokerKeys() {
		has, topical := topics[k.Name]
		if !topical {
			has = strings.Contains(text, `"`+k.Name+`"`)
		}
		check(k.Name, k.Doc, has || k.field != nil || only(k.Allowed()))
	}
}

// Every field that a row fills is read by somebody.
func TestFieldsAreRead(t *testing.T) {
	text := regexp.MustCompile(`&[ct]\.\w+ }`).ReplaceAllString(broker(t), "") // where the rows fill them
	for _, typ := range []reflect.Type{reflect.TypeFor[Config](), reflect.TypeFor[Topic]()} {
		for i := range typ.NumField() {
			name := typ.Field(i).Name
			assert.True(t, regexp.MustCompile(`\.`+name+`\b`).MatchString(text), "%s.%s is read by nobody", typ.Name(), name)
		}
	}
}
