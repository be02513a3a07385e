package errcode

import (
	"errors"
	"testing"
)

func TestNamesAndNumbers(t *testing.T) {
	for _, c := range []struct {
		code      Code
		number    int16
		name      string
		retriable bool
	}{
		{UnknownServerError, -1, "UNKNOWN_SERVER_ERROR", false},
		{None, 0, "NONE", false},
		{CorruptMessage, 2, "CORRUPT_MESSAGE", true},
		{UnknownTopicOrPartition, 3, "UNKNOWN_TOPIC_OR_PARTITION", true},
		{InvalidTopic, 17, "INVALID_TOPIC_EXCEPTION", false},
		{UnsupportedVersion, 35, "UNSUPPORTED_VERSION", false},
		{UnknownTopicID, 100, "UNKNOWN_TOPIC_ID", true},
		{ControllerIDNotRegistered, 136, "CONTROLLER_ID_NOT_REGISTERED", false},
	} {
		if int16(c.code) != c.number || c.code.String() != c.name || c.code.Retriable() != c.retriable {
			t.Errorf("%s: %d %v, want %+v", c.code, int16(c.code), c.code.Retriable(), c)
		}
		if c.code.Meaning() == "" {
			t.Errorf("%s has no meaning", c.code)
		}
	}
}

func TestUnknownCode(t *testing.T) {
	for _, c := range []Code{-2, 137, 32767, -32768} {
		if c.Meaning() != "" || c.Retriable() || c.String() == "" || c.Error() != c.String() {
			t.Errorf("%d: %q", int16(c), c.Error())
		}
	}
}

func TestErr(t *testing.T) {
	if None.Err() != nil {
		t.Error("None is an error")
	}
	if !errors.Is(NotCoordinator.Err(), NotCoordinator) {
		t.Error("a code does not match itself")
	}
}

func TestByName(t *testing.T) {
	n := 0
	for c := UnknownServerError; c.Meaning() != ""; c++ {
		if got, ok := ByName(c.String()); !ok || got != c {
			t.Errorf("%s is %d", c, got)
		}
		n++
	}
	if n < 130 {
		t.Errorf("only %d codes", n)
	}
	if c, ok := ByName("NO_SUCH_CODE"); ok || c != None {
		t.Error("a code of no name")
	}
}

func TestErrorText(t *testing.T) {
	if got, want := UnknownTopicID.Error(), "UNKNOWN_TOPIC_ID: "+UnknownTopicID.Meaning(); got != want {
		t.Errorf("have %q, want %q", got, want)
	}
}
