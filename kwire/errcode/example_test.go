package errcode_test

import (
	"errors"
	"fmt"

	"github.com/kwire-project/kafka/kwire/errcode"
)

// A code in a response is an error by itself.
func Example() {
	partition := struct{ ErrorCode errcode.Code }{errcode.NotLeaderOrFollower}
	err := partition.ErrorCode.Err() // nil for None
	fmt.Println(err)
	fmt.Println(errors.Is(err, errcode.NotLeaderOrFollower), partition.ErrorCode.Retriable())
	// Output:
	// NOT_LEADER_OR_FOLLOWER: this broker does not lead the partition
	// true true
}

func ExampleByName() {
	code, ok := errcode.ByName("UNKNOWN_TOPIC_ID")
	fmt.Println(int16(code), ok, code.Retriable(), code.Meaning())
	// Output: 100 true true no topic has this id
}
