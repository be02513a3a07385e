package kwire

import "strconv"

// APIKey names one of Kafka's APIs: the number with which every request starts.
type APIKey int16

type apiInfo struct {
	name                              string
	min, max                          int16
	unstableMin, unstableMax          int16
	flexibleRequest, flexibleResponse int16
}

func (k APIKey) info() (apiInfo, bool) {
	if k < 0 || int(k) >= len(apis) {
		return apiInfo{}, false
	}
	return apis[k], true
}

// Known reports whether k is an API of Kafka 4.4.0 or 3.9.2.
func (k APIKey) Known() bool {
	_, ok := k.info()
	return ok
}

// String returns Kafka's name, as "Fetch", or the number of an unknown key.
func (k APIKey) String() string {
	if a, ok := k.info(); ok {
		return a.name
	}
	return "API " + strconv.Itoa(int(k))
}

// Versions returns the first and the last version that kwire can read and write. For an unknown
// key it returns 0 and −1.
func (k APIKey) Versions() (min, max int16) {
	if a, ok := k.info(); ok {
		return a.min, a.max
	}
	return 0, -1
}

// HasVersion reports whether kwire can read and write version v.
func (k APIKey) HasVersion(v int16) bool {
	min, max := k.Versions()
	return v >= min && v <= max
}

// Stable reports whether version v is known and declared stable by Kafka.
func (k APIKey) Stable(v int16) bool {
	a, ok := k.info()
	return ok && v >= a.min && v <= a.max && (v < a.unstableMin || v > a.unstableMax)
}

// Flexible reports whether requests, and whether responses, of version v have compact lengths and tagged fields
// (KIP-482).
func (k APIKey) Flexible(v int16) (request, response bool) {
	a, ok := k.info()
	if !ok || !k.HasVersion(v) {
		return false, false
	}
	return v >= a.flexibleRequest, v >= a.flexibleResponse
}

// APIKeyByName finds an API by Kafka's name of it, as "Fetch".
func APIKeyByName(name string) (key APIKey, ok bool) {
	for i := range apis {
		if apis[i].name == name {
			return APIKey(i), true
		}
	}
	return 0, false
}

// APIKeys returns all known keys, ascending.
func APIKeys() []APIKey {
	keys := make([]APIKey, len(apis))
	for i := range keys {
		keys[i] = APIKey(i)
	}
	return keys
}

// RequestHeaderVersion returns the version of the header before a request: 2 where the request is
// flexible, else 1; ControlledShutdown v0 alone has 0, a header without a client id. The version
// need not be known: Kafka reads the header of a too new ApiVersions request by the same rule.
func RequestHeaderVersion(key APIKey, version int16) int16 {
	a, ok := key.info()
	switch {
	case key == ControlledShutdown && version == 0:
		return 0
	case ok && version >= a.flexibleRequest:
		return 2
	}
	return 1
}

// ResponseHeaderVersion returns the version of the header before a response: 1 where the response
// is flexible, else 0. ApiVersions always has 0, so that a client can read the answer of a broker
// that does not know the version it asked for (KIP-511).
func ResponseHeaderVersion(key APIKey, version int16) int16 {
	a, ok := key.info()
	if ok && key != ApiVersions && version >= a.flexibleResponse {
		return 1
	}
	return 0
}
