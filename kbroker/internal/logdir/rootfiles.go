package logdir

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/wire"
	"github.com/magiconair/properties"
)

// Meta is meta.properties: which cluster, node and directory a log directory belongs to.
type Meta struct {
	ClusterID   string
	NodeID      int32
	DirectoryID wire.UUID
}

// readMeta returns nil, nil for a directory that was never formatted.
func readMeta(f vfs.FS, root string) (*Meta, error) {
	name := filepath.Join(root, metaFile)
	content, err := f.ReadFile(name, maxTextFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := parseMeta(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func parseMeta(content []byte) (*Meta, error) {
	p, err := (&properties.Loader{Encoding: properties.ISO_8859_1, DisableExpansion: true}).LoadBytes(content)
	if err != nil {
		return nil, err
	}
	if v := strings.TrimSpace(p.GetString("version", "")); v != "1" {
		return nil, fmt.Errorf("version=%.20q: only version 1, of brokers without ZooKeeper, can be opened", v)
	}
	var m Meta
	if m.ClusterID = strings.TrimSpace(p.GetString("cluster.id", "")); m.ClusterID == "" {
		return nil, errors.New("cluster.id is missing")
	}
	text := strings.TrimSpace(p.GetString("node.id", ""))
	node, err := strconv.ParseInt(text, 10, 32)
	if err != nil || node < 0 {
		return nil, fmt.Errorf("node.id=%.20q is not a node id", text)
	}
	m.NodeID = int32(node)
	if text = strings.TrimSpace(p.GetString("directory.id", "")); text != "" {
		if m.DirectoryID, err = wire.ParseUUID(text); err != nil {
			return nil, fmt.Errorf("directory.id=%.40q: %w", text, err)
		}
	}
	return &m, nil
}

// writeMeta writes meta.properties as Java's Properties.store does.
func writeMeta(f vfs.FS, root string, m Meta, now time.Time) error {
	content := fmt.Appendf(nil, "#\n#%s\nnode.id=%d\ndirectory.id=%s\nversion=1\ncluster.id=%s\n",
		now.UTC().Format("Mon Jan 02 15:04:05 MST 2006"), m.NodeID, m.DirectoryID, escapeProperty(m.ClusterID))
	return vfs.WriteAtomically(f, filepath.Join(root, metaFile), content)
}

func escapeProperty(s string) string {
	return strings.NewReplacer(`\`, `\\`, "=", `\=`, ":", `\:`, "#", `\#`, "!", `\!`, "\n", `\n`, "\r", `\r`).Replace(s)
}

// NewUUID returns a random id that Kafka accepts as id of a cluster, topic or directory: version 4, its text
// not beginning with a dash (tools would take it for a flag).
func NewUUID() wire.UUID {
	for {
		var u wire.UUID
		rand.Read(u[:])
		u[6] = u[6]&0x0f | 0x40
		u[8] = u[8]&0x3f | 0x80
		if u.String()[0] != '-' {
			return u
		}
	}
}

// takeCleanShutdown reports whether the last process closed the directory cleanly, and removes its mark, so
// that a crash from here on is seen. brokerEpoch is -1 if the mark does not tell.
func takeCleanShutdown(f vfs.FS, root string) (clean bool, brokerEpoch int64, err error) {
	name := filepath.Join(root, cleanShutdownFile)
	content, err := f.ReadFile(name, maxTextFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return false, -1, nil
	}
	if err != nil {
		return false, -1, err
	}
	mark := struct{ BrokerEpoch *int64 }{}
	brokerEpoch = -1
	// Older brokers left an empty file: that it is there is what counts.
	if json.Unmarshal(content, &mark) == nil && mark.BrokerEpoch != nil {
		brokerEpoch = *mark.BrokerEpoch
	}
	if err := f.Remove(name); err != nil {
		return false, -1, err
	}
	return true, brokerEpoch, f.SyncDir(root)
}

func writeCleanShutdown(f vfs.FS, root string, brokerEpoch int64) error {
	return vfs.WriteAtomically(f, filepath.Join(root, cleanShutdownFile), fmt.Appendf(nil, `{"version":0,"brokerEpoch":%d}`, brokerEpoch))
}

// readTopicID reads partition.metadata. The zero id means that the file is not there.
func readTopicID(f vfs.FS, dir string) (wire.UUID, error) {
	name := filepath.Join(dir, partitionMetaFile)
	content, err := f.ReadFile(name, maxTextFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return wire.UUID{}, nil
	}
	if err != nil {
		return wire.UUID{}, err
	}
	id, err := parseTopicID(string(content))
	if err != nil {
		return wire.UUID{}, fmt.Errorf("%s is damaged: %w", name, errDamaged{err})
	}
	return id, nil
}

func parseTopicID(content string) (wire.UUID, error) {
	var id wire.UUID
	seen := false
	for line := range strings.Lines(content) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "version":
			if value != "0" {
				return id, fmt.Errorf("version %.20q, want 0", value)
			}
		case "topic_id":
			var err error
			if id, err = wire.ParseUUID(value); err != nil {
				return id, fmt.Errorf("topic_id %.40q: %w", value, err)
			}
			seen = true
		}
	}
	if !seen {
		return id, errors.New("no topic_id in it")
	}
	return id, nil
}

func writeTopicID(f vfs.FS, dir string, id wire.UUID) error {
	return vfs.WriteAtomically(f, filepath.Join(dir, partitionMetaFile), fmt.Appendf(nil, "version: 0\ntopic_id: %s", id))
}
