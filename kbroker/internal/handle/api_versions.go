package handle

import (
	"strings"

	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/errcode"
)

// apiVersions: v0-5
//
// Lists the rows of the table, and from v3 the cluster's features. A version that we do not know is answered in v0 with
// an error and our own range (KIP-511); that happens in Serve, which cannot decode such a request.
//
//	v3  the client names its software; a name that is empty or not plain text is an error
//	v4  features that can be at level 0 are listed too
//	v5  the client may name the cluster and node that it means to talk to
func apiVersions(c *Context, req *api.ApiVersionsRequest) (*api.ApiVersionsResponse, error) {
	resp := api.NewApiVersionsResponse()
	if resp.ErrorCode = checkApiVersions(c, req); resp.ErrorCode != errcode.None {
		return &resp, nil
	}
	if c.Version >= 3 {
		// The strings are a part of the frame, which the connection must not keep.
		c.Conn.ClientSoftwareName, c.Conn.ClientSoftwareVersion = strings.Clone(req.ClientSoftwareName), strings.Clone(req.ClientSoftwareVersion)
	}
	resp.APIKeys = c.dispatcher.advertised()
	image := c.Cluster.Image()
	resp.FinalizedFeaturesEpoch = image.Offset()
	for _, f := range image.Features() {
		if f.Min > 0 || c.Version >= 4 {
			resp.SupportedFeatures = append(resp.SupportedFeatures,
				api.ApiVersionsResponseSupportedFeatureKey{Name: f.Name, MinVersion: f.Min, MaxVersion: f.Max})
		}
		if f.Level > 0 {
			resp.FinalizedFeatures = append(resp.FinalizedFeatures,
				api.ApiVersionsResponseFinalizedFeatureKey{Name: f.Name, MinVersionLevel: f.Level, MaxVersionLevel: f.Level})
		}
	}
	return &resp, nil
}

// checkApiVersions holds a request against the rules of Kafka's ApiVersionsRequest.isValid and against who we are.
func checkApiVersions(c *Context, req *api.ApiVersionsRequest) errcode.Code {
	if c.Version >= 3 && !(isSoftwareName(req.ClientSoftwareName) && isSoftwareName(req.ClientSoftwareVersion)) {
		return errcode.InvalidRequest
	}
	if c.Version < 5 {
		return errcode.None
	}
	// Cluster and node are named together or not at all.
	if req.ClusterID.Valid != (req.NodeID != -1) {
		return errcode.InvalidRequest
	}
	if req.ClusterID.Valid && (req.ClusterID.V != c.Cluster.ID() || req.NodeID != c.Config.NodeID) {
		return errcode.RebootstrapRequired
	}
	return errcode.None
}

// isSoftwareName is Kafka's pattern [a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])? for a client's name and version.
func isSoftwareName(s string) bool {
	for i := range len(s) {
		b := s[i]
		plain := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
		inside := i > 0 && i < len(s)-1
		if !plain && !(inside && (b == '-' || b == '.')) {
			return false
		}
	}
	return s != ""
}

// advertised is the table as ApiVersions shows it.
func (d *Dispatcher) advertised() []api.ApiVersionsResponseAPIVersion {
	keys := make([]api.ApiVersionsResponseAPIVersion, len(d.rows))
	for i, r := range d.rows {
		keys[i] = api.ApiVersionsResponseAPIVersion{APIKey: int16(r.key), MinVersion: r.min, MaxVersion: r.max}
		if r.key == kwire.Produce {
			keys[i].MinVersion = produceMinAdvertised
		}
	}
	return keys
}

// unsupportedApiVersions is the answer to a version of ApiVersions that is not served; it is written as v0.
func unsupportedApiVersions(r *row) *api.ApiVersionsResponse {
	return &api.ApiVersionsResponse{
		ErrorCode: errcode.UnsupportedVersion,
		APIKeys:   []api.ApiVersionsResponseAPIVersion{{APIKey: int16(r.key), MinVersion: r.min, MaxVersion: r.max}},
	}
}
