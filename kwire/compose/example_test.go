package compose_test

import (
	"fmt"

	"github.com/kwire-project/kafka/kwire/compose"
	"github.com/kwire-project/kafka/kwire/schema"
)

func ExampleMessage() {
	body, err := compose.Message(nil, schema.ByName("MetadataRequest"), 12, []byte(`{"topics":[{"name":"orders"}]}`))
	fmt.Printf("%x %v\n", body, err)
	_, err = compose.Message(nil, schema.ByName("MetadataRequest"), 12, []byte(`{"topics":[{"nmae":"orders"}]}`))
	fmt.Println(err)
	// Output:
	// 0200000000000000000000000000000000076f726465727300010000 <nil>
	// kwire: MetadataRequest v12: topics[0].nmae: no such field
}
