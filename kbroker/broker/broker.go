package broker

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/compress"
	"github.com/kwire-project/kafka/kbroker/internal/cluster"
	"github.com/kwire-project/kafka/kbroker/internal/config"
	"github.com/kwire-project/kafka/kbroker/internal/group"
	"github.com/kwire-project/kafka/kbroker/internal/handle"
	"github.com/kwire-project/kafka/kbroker/internal/server"
	"github.com/kwire-project/kafka/kbroker/internal/vfs"
)

// Config says how a broker is to run. The zero Config is Kafka's defaults: port 9092 on every address, data in the
// user's data directory.
type Config struct {
	File       string            // a server.properties file; "" for none
	Properties map[string]string // settings by name; they win over the file's
	Log        *slog.Logger      // nil: nothing is logged
	Live       *live.Hub         // shows requests and responses to whoever watches it; nil: to nobody
}

// Broker is a running broker.
type Broker struct {
	config  *config.Config
	log     *slog.Logger
	live    *live.Hub
	server  *server.Server
	cluster *cluster.Cluster
	groups  *group.Coordinator
	upkeep  *upkeep

	closing  sync.Once
	closeErr error
}

// Start runs a broker and returns when it serves. When ctx ends before that, it stops again and returns ctx's error;
// afterwards ctx has no meaning.
func Start(ctx context.Context, c Config) (*Broker, error) {
	cfg, err := settings(c)
	if err != nil {
		return nil, err
	}
	b := &Broker{config: cfg, log: c.Log, live: c.Live}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	for _, w := range cfg.Warnings {
		if c.File != "" {
			w = c.File + ": " + w
		}
		b.log.Warn(w)
	}
	if err := b.start(ctx); err != nil {
		return nil, errors.Join(err, b.Close(ctx))
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context) (err error) {
	if b.server, err = server.Listen(b.config, b.log, b.live); err != nil {
		return err
	}
	b.cluster, err = cluster.Open(cluster.Options{
		Config: b.config,
		FS:     vfs.LimitOpen(vfs.OS(), server.FilesForLogs()),
		Codec:  &compress.All,
		Logger: b.log,
		Now:    time.Now,
		Spawn:  func(f func()) { go f() },
	})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.upkeep = startUpkeep(b.config, b.log, b.cluster.Store())
	b.groups = startGroups(b.config, b.log, b.cluster)
	b.server.Serve(handle.New(&handle.Broker{
		Config:  b.config,
		Log:     b.log,
		Now:     time.Now,
		Cluster: b.cluster,
		Groups:  b.groups,
	}))
	return nil
}

// settings puts file and properties together.
func settings(c Config) (*config.Config, error) {
	all := map[string]string{}
	if c.File != "" {
		var err error
		if all, err = config.ReadFile(c.File); err != nil {
			return nil, err
		}
	}
	maps.Copy(all, c.Properties)
	return config.New(c.File, all)
}

// Close stops the broker: what is under way is finished and answered, the data is written and marked as cleanly
// closed. When ctx ends first, connections are cut, and the data is still closed cleanly. A second call does nothing
// but return the first one's error.
func (b *Broker) Close(ctx context.Context) error {
	b.closing.Do(func() { b.closeErr = b.close(ctx) })
	return b.closeErr
}

func (b *Broker) close(ctx context.Context) error {
	var errs []error
	if b.server != nil {
		errs = append(errs, b.server.Shutdown(ctx))
	}
	if b.groups != nil {
		b.groups.Close()
	}
	if b.upkeep != nil {
		b.upkeep.stop()
	}
	if b.cluster != nil {
		errs = append(errs, b.cluster.Close(true))
	}
	return errors.Join(errs...)
}

// Addr is the address of the first listener as a client on this machine can dial it: host:port.
func (b *Broker) Addr() string { return b.server.DialAddr() }

// LogDirs are the directories that hold the data.
func (b *Broker) LogDirs() []string { return b.config.LogDirs }
