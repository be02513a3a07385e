package handle

import (
	"context"
	"log/slog"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/group"
	"github.com/kwire-project/kafka/kwire"
)

// Broker is what handlers work on. It is filled once, before the first request.
type Broker struct {
	Config *config.Config
	Log    *slog.Logger
	Now    func() time.Time

	Cluster *cluster.Cluster
	Groups  *group.Coordinator

	fetchSessions *fetchSessions
}

// Context is one request's surroundings. As a context.Context it ends when the client is gone or the broker stops.
type Context struct {
	context.Context
	*Broker
	Conn     *Conn
	Key      kwire.APIKey
	Version  int16
	ClientID string // "" also stands for null, as in Kafka

	dispatcher    *Dispatcher
	correlationID int32
}
