package main

import (
	"encoding/json"
	"fmt"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/schema"
)

// message is what a key or value of one of Kafka's own logs, or of a control record, says.
type message struct {
	Type    string          `json:"type"`
	Version int16           `json:"version"`
	Data    json.RawMessage `json:"data"`
	control bool
}

func (m *message) String() string { return fmt.Sprintf("%s v%d %s", m.Type, m.Version, m.Data) }

// controlMessages are what the values of control records hold.
var controlMessages = map[records.ControlType]string{
	records.ControlAbort: "EndTxnMarker", records.ControlCommit: "EndTxnMarker", records.ControlLeaderChange: "LeaderChangeMessage",
	records.ControlSnapshotHeader: "SnapshotHeaderRecord", records.ControlSnapshotFooter: "SnapshotFooterRecord",
	records.ControlKRaftVersion: "KRaftVersionRecord", records.ControlKRaftVoters: "VotersRecord",
}

// meaningOf reads key and value as what they are in a log; nil for what is only bytes. The error is of a message that
// is damaged.
func meaningOf(log string, b records.Batch, r records.Record) (key, value *message, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("the record of offset %d: %w", r.Offset, err)
		}
	}()
	switch {
	case b.IsControl():
		value, err = controlMessage(r)
		return nil, value, err
	case log == "":
		return nil, nil, nil
	case log == inspect.MetadataLog || log == inspect.RemoteMetadataLog:
		value, _, err = storedMessage(schema.KindMetadata, log, nil, r.Value)
		return nil, value, err
	}
	key, m, err := storedMessage(schema.KindCoordinatorKey, log, nil, r.Key)
	if key == nil || r.Value == nil {
		return key, nil, err
	}
	value, _, err = storedMessage(schema.KindCoordinatorValue, log, schema.Record(log, schema.KindCoordinatorValue, m.Key), r.Value)
	return key, value, err
}

// storedMessage reads a message with what Kafka stores before it; nil if there is none.
func storedMessage(kind schema.Kind, log string, m *schema.Message, src []byte) (*message, *schema.Message, error) {
	if len(src) == 0 {
		return nil, nil, nil
	}
	l, ok := inspect.StoredLayout(kind, log, m, src)
	if !ok {
		return nil, nil, fmt.Errorf("no %s of %s that is known begins so", kind, log)
	}
	t := inspect.Options{}.Frame(src, l)
	if t.Err != nil {
		return nil, nil, t.Err
	}
	body, _ := t.Body()
	data, err := inspect.AppendJSON(nil, l.Schema(), l.Version, body.Bytes())
	if err != nil {
		return nil, nil, err
	}
	return &message{Type: l.Schema().Name, Version: l.Version, Data: data}, l.Schema(), nil
}

func controlMessage(r records.Record) (*message, error) {
	c, err := records.ParseControl(r)
	if err != nil {
		return nil, err
	}
	out := &message{Type: c.Type.String(), Version: c.Version, Data: json.RawMessage("null"), control: true}
	m := schema.ByName(controlMessages[c.Type])
	if m == nil {
		return out, nil
	}
	version, body := int16(0), c.Value
	if c.Type <= records.ControlCommit { // these have their version before them, the others in them
		if len(body) < 2 {
			return out, fmt.Errorf("%s of %d bytes", m.Name, len(body))
		}
		version, body = int16(body[0])<<8|int16(body[1]), body[2:]
	}
	data, err := inspect.AppendJSON(nil, m, version, body)
	if err != nil {
		return out, err
	}
	out.Data = data
	return out, nil
}

// jsonBatch is a batch as a line of JSON.
type jsonBatch struct {
	File                 string       `json:"file"`
	At                   int64        `json:"at"`
	SizeInBytes          int          `json:"sizeInBytes"`
	Magic                int8         `json:"magic"`
	BaseOffset           int64        `json:"baseOffset"`
	LastOffset           int64        `json:"lastOffset"`
	Count                int32        `json:"count"` // −1 for a compressed entry of magic 0 or 1
	Compression          string       `json:"compression"`
	TimestampType        string       `json:"timestampType"`
	BaseTimestamp        int64        `json:"baseTimestamp"`
	MaxTimestamp         int64        `json:"maxTimestamp"`
	PartitionLeaderEpoch int32        `json:"partitionLeaderEpoch"`
	ProducerID           int64        `json:"producerId"`
	ProducerEpoch        int16        `json:"producerEpoch"`
	BaseSequence         int32        `json:"baseSequence"`
	LastSequence         int32        `json:"lastSequence"`
	Transactional        bool         `json:"transactional"`
	Control              bool         `json:"control"`
	DeleteHorizonMs      *int64       `json:"deleteHorizonMs,omitempty"`
	CRC                  uint32       `json:"crc"`
	CRCOk                bool         `json:"crcOk"`
	Records              []jsonRecord `json:"records,omitempty"`
}

// jsonRecord is a record; what is a message has its fields, and everything else its bytes.
type jsonRecord struct {
	Offset       int64    `json:"offset"`
	Timestamp    int64    `json:"timestamp"`
	Sequence     int32    `json:"sequence"`
	Key          []byte   `json:"key"`
	Value        []byte   `json:"value"`
	Headers      [][2]any `json:"headers,omitempty"`
	Control      *message `json:"control,omitempty"`
	KeyMessage   *message `json:"keyMessage,omitempty"`
	ValueMessage *message `json:"valueMessage,omitempty"`
}

func (d *dumper) jsonBatch(at int64, b records.Batch) {
	line := jsonBatch{File: d.file, At: at, SizeInBytes: b.Size(), Magic: b.Magic(), BaseOffset: b.BaseOffset(), LastOffset: b.LastOffset(), Count: b.Count(),
		Compression: b.Codec().String(), TimestampType: b.TimestampType().String(), BaseTimestamp: b.BaseTimestamp(), MaxTimestamp: b.MaxTimestamp(),
		PartitionLeaderEpoch: b.PartitionLeaderEpoch(), ProducerID: b.ProducerID(), ProducerEpoch: b.ProducerEpoch(), BaseSequence: b.BaseSequence(),
		LastSequence: b.LastSequence(), Transactional: b.IsTransactional(), Control: b.IsControl(), CRC: b.CRC(), CRCOk: b.CheckCRC() == nil}
	if ms, ok := b.DeleteHorizonMs(); ok {
		line.DeleteHorizonMs = &ms
	}
	var failures []error
	if d.records {
		for r, err := range b.RecordsWith(recordOptions) {
			if err != nil {
				failures = append(failures, err)
				break
			}
			record, err := d.jsonRecord(b, r)
			if err != nil {
				failures = append(failures, err)
			}
			line.Records = append(line.Records, record)
		}
	}
	d.line(line)
	for _, err := range failures {
		d.recordsError(at, err)
	}
}

func (d *dumper) jsonRecord(b records.Batch, r records.Record) (jsonRecord, error) {
	out := jsonRecord{Offset: r.Offset, Timestamp: r.Timestamp, Sequence: b.Sequence(r), Key: r.Key, Value: r.Value}
	for name, value := range r.Headers.All() {
		out.Headers = append(out.Headers, [2]any{string(name), value})
	}
	key, value, err := meaningOf(d.what.Log, b, r)
	if key != nil {
		out.Key, out.KeyMessage = nil, key
	}
	switch {
	case value != nil && value.control:
		out.Key, out.Value, out.Control = nil, nil, value
	case value != nil:
		out.Value, out.ValueMessage = nil, value
	}
	return out, err
}
