package logdir

import "github.com/kwire-project/kafka/kwire/records"

// marker is what the end of a transaction says.
type marker struct {
	abort            bool
	coordinatorEpoch int32
	timestampMs      int64
}

// readMarker reads the first record of a control batch. ok is false for the control records of KRaft.
// Only what the broker itself writes is read here; batches of clients stay closed.
func readMarker(b records.Batch) (m marker, ok bool, err error) {
	for r, err := range b.Records(nil, 0) {
		if err != nil {
			return marker{}, false, err
		}
		control, err := records.ParseControl(r)
		if err != nil || control.Type != records.ControlAbort && control.Type != records.ControlCommit {
			return marker{}, false, err
		}
		end, err := control.EndTxn()
		if err != nil {
			return marker{}, false, err
		}
		return marker{control.Type == records.ControlAbort, end.CoordinatorEpoch, r.Timestamp}, true, nil
	}
	return marker{}, false, nil
}
