package kwire_test

import (
	"fmt"
	"testing"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

func TestNegotiate(t *testing.T) {
	answer := &api.ApiVersionsResponse{APIKeys: []api.ApiVersionsResponseAPIVersion{
		{APIKey: int16(kwire.Produce), MinVersion: 3, MaxVersion: 13}, {APIKey: int16(kwire.Fetch), MinVersion: 4, MaxVersion: 18}}}
	for _, c := range []struct {
		answer          *api.ApiVersionsResponse
		key             kwire.APIKey
		lowest, highest int16
		want            int16
		ok              bool
	}{
		{answer, kwire.Fetch, 0, 17, 17, true},
		{answer, kwire.Fetch, 0, 99, 18, true},
		{answer, kwire.Fetch, 0, 3, 3, false},
		{answer, kwire.Fetch, 19, 20, 18, false},
		{answer, kwire.Fetch, 4, 4, 4, true},
		{answer, kwire.Metadata, 0, 12, 0, false},
		{nil, kwire.Metadata, 0, 12, 12, true},
		{nil, kwire.Metadata, 5, 4, 4, false},
		{&api.ApiVersionsResponse{ErrorCode: errcode.UnsupportedVersion}, kwire.ApiVersions, 0, 4, 0, true},
		{&api.ApiVersionsResponse{ErrorCode: errcode.UnsupportedVersion}, kwire.ApiVersions, 3, 4, 0, false},
	} {
		got, ok := kwire.Negotiate(c.answer, c.key, c.lowest, c.highest)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s %d-%d: %d, %v", c.key, c.lowest, c.highest, got, ok)
		}
	}
}

// What is negotiated without limits is stable, and something is for every API that has a stable version.
func TestNegotiateKnownIsStable(t *testing.T) {
	found := 0
	for _, key := range kwire.APIKeys() {
		v, ok := kwire.NegotiateKnown(nil, key)
		if ok {
			found++
			if !key.Stable(v) || key.Stable(v+1) {
				t.Errorf("%s: %d", key, v)
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d APIs", found)
	}
}

func TestLookUpsByName(t *testing.T) {
	for _, key := range kwire.APIKeys() {
		if got, ok := kwire.APIKeyByName(key.String()); !ok || got != key {
			t.Errorf("%s is %d", key, got)
		}
		low, high := key.Versions()
		for v := low; v <= high; v++ {
			request, response := key.Flexible(v)
			if m := kwire.NewRequest(key); m.HasVersion(v) && request != m.IsFlexible(v) {
				t.Errorf("%s v%d: request flexible: %v", key, v, request)
			}
			if m := kwire.NewResponse(key); m.HasVersion(v) && response != m.IsFlexible(v) {
				t.Errorf("%s v%d: response flexible: %v", key, v, response)
			}
		}
	}
	if _, ok := kwire.APIKeyByName("Fetsch"); ok {
		t.Error("there is no Fetsch")
	}
	if a, b := kwire.APIKey(999).Flexible(0); a || b {
		t.Error("an unknown API is flexible")
	}
	for code := errcode.UnknownServerError; code < 200; code++ {
		if code.Meaning() == "" {
			continue
		}
		if got, ok := errcode.ByName(code.String()); !ok || got != code {
			t.Errorf("%s is %d", code, got)
		}
	}
	if _, ok := errcode.ByName("NO_SUCH_CODE"); ok {
		t.Error("there is no such code")
	}
}

// Choose the version to speak: the highest that both sides know.
func ExampleNegotiate() {
	answer := api.ApiVersionsResponse{APIKeys: []api.ApiVersionsResponseAPIVersion{
		{APIKey: int16(kwire.Fetch), MinVersion: 4, MaxVersion: 16},
	}}
	version, ok := kwire.Negotiate(&answer, kwire.Fetch, 12, 18)
	fmt.Println(version, ok)
	_, ok = kwire.Negotiate(&answer, kwire.ShareFetch, 1, 1)
	fmt.Println(ok)
	// Output:
	// 16 true
	// false
}
