package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/kwire-project/kafka/kbroker/internal/vfs"
	"github.com/kwire-project/kafka/kwire/wire"
)

// quorum-state is one line of JSON (Kafka's FileQuorumStateStore): who leads the metadata log, and under which epoch.
// Its layout follows kraft.version:
//
//	0  {"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}
//	1  {"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}
//
// Kafka takes the epoch from here and begins the next one. One that is below the log's last epoch makes it warn.
const (
	quorumStateFile     = "quorum-state"
	maxQuorumStateBytes = 64 << 10
)

type quorumStateV0 struct {
	ClusterID     string        `json:"clusterId"`
	LeaderID      int32         `json:"leaderId"`
	LeaderEpoch   int32         `json:"leaderEpoch"`
	VotedID       int32         `json:"votedId"`
	AppliedOffset int64         `json:"appliedOffset"`
	CurrentVoters []quorumVoter `json:"currentVoters"`
	DataVersion   int16         `json:"data_version"`
}

type quorumVoter struct {
	VoterID int32 `json:"voterId"`
}

type quorumStateV1 struct {
	LeaderID         int32  `json:"leaderId"`
	LeaderEpoch      int32  `json:"leaderEpoch"`
	VotedID          int32  `json:"votedId"`
	VotedDirectoryID string `json:"votedDirectoryId"`
	DataVersion      int16  `json:"data_version"`
}

// readQuorumEpoch returns the epoch of quorum-state, 0 if there is no such file.
func readQuorumEpoch(f vfs.FS, dir string) (int32, error) {
	name := filepath.Join(dir, quorumStateFile)
	content, err := f.ReadFile(name, maxQuorumStateBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var state struct {
		LeaderEpoch *int32 `json:"leaderEpoch"`
		DataVersion *int16 `json:"data_version"`
	}
	switch err := json.Unmarshal(content, &state); {
	case err != nil:
		return 0, fmt.Errorf("%s: %w", name, err)
	case state.LeaderEpoch == nil || *state.LeaderEpoch < 0:
		return 0, fmt.Errorf("%s: no leaderEpoch in it", name)
	case state.DataVersion == nil || *state.DataVersion < 0 || *state.DataVersion > 1:
		return 0, fmt.Errorf("%s: data_version is neither 0 nor 1", name)
	}
	return *state.LeaderEpoch, nil
}

// writeQuorumState says that this node leads under an epoch.
func writeQuorumState(f vfs.FS, dir string, node, epoch int32, kraftVersion int16) error {
	var state any = quorumStateV0{
		LeaderID: node, LeaderEpoch: epoch, VotedID: -1, CurrentVoters: []quorumVoter{{node}},
	}
	if kraftVersion > 0 {
		state = quorumStateV1{LeaderID: node, LeaderEpoch: epoch, VotedID: -1, VotedDirectoryID: wire.UUID{}.String(), DataVersion: 1}
	}
	content, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return vfs.WriteAtomicallyBy(f, filepath.Join(dir, quorumStateFile), vfs.TmpSuffix, content)
}
