package kwire

import "github.com/kwire-project/kafka/kwire/api"

// Negotiate returns the highest version of an API that a broker and a program both speak: answer is what the broker
// said to ApiVersions, lowest and highest are what the program can. It reports false where there is none: the broker does not
// have the API, or only other versions. A nil answer stands for a broker that was not asked, and gives highest.
//
// The answer of a broker that did not know the version of the ApiVersions request itself (UNSUPPORTED_VERSION) lists
// what it has, in Kafka 2.4 and later; older ones leave the list empty, which means version 0 of ApiVersions alone.
func Negotiate(answer *api.ApiVersionsResponse, key APIKey, lowest, highest int16) (version int16, ok bool) {
	if answer == nil {
		return highest, lowest <= highest
	}
	if len(answer.APIKeys) == 0 && key == ApiVersions {
		return 0, lowest <= 0 && highest >= 0
	}
	for i := range answer.APIKeys {
		if a := &answer.APIKeys[i]; APIKey(a.APIKey) == key {
			high := min(highest, a.MaxVersion)
			return high, high >= max(lowest, a.MinVersion)
		}
	}
	return 0, false
}

// NegotiateKnown is Negotiate with all versions that kwire has and Kafka has declared stable.
func NegotiateKnown(answer *api.ApiVersionsResponse, key APIKey) (version int16, ok bool) {
	low, high := key.Versions()
	for high >= low && !key.Stable(high) {
		high--
	}
	if high < low {
		return 0, false
	}
	return Negotiate(answer, key, low, high)
}
