package handle

// Conn is what a handler may know of the connection that a request came on. Its fields are set before the first
// request, except the client's software, which ApiVersions learns. Requests of one connection are served one after
// the other, so a handler may use it without a lock.
type Conn struct {
	ID         int64  // counts up from 1; never given twice while the broker runs
	ClientAddr string // the peer's address and port
	ClientHost string // the peer's address alone
	Listener   string // name of the listener, upper case

	// The address of this broker as this client should dial it.
	AdvertisedHost string
	AdvertisedPort int32

	// From ApiVersions v3 and later; "" until then.
	ClientSoftwareName    string
	ClientSoftwareVersion string
}
