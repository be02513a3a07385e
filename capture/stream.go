package capture

import (
	"encoding/binary"
	"strconv"
)

// The .kwire format: frames of Kafka connections as they passed, one record
// each. A broker or a proxy writes it to whoever watches (package
// capture/live), and what was written can be kept as a file. Numbers are big
// endian, as Kafka's are. The stream begins with
//
//	0  8  89 6b 77 69 72 65 0a 01: "kwire" between two bytes that no text has
//	      there, and the version of the format
//
// Then come records:
//
//	0  4  length of what follows
//	4  1  kind: 1 a frame that a client sent, 2 a frame that a broker sent,
//	      3 frames were dropped; a reader passes over kinds it does not know
//
// Of kinds 1 and 2, a frame:
//
//	 5  8  time, in nanoseconds since 1970
//	13  8  connection: equal for all frames of one connection, and no others
//	21  4  length that the frame had, its size included
//	25  1  c, length of the client's address
//	26  1  b, length of the broker's address
//	27  c  the client's address, as 127.0.0.1:50000
//	..  b  the broker's address
//	..     the frame, from its size on: all of it, or its first
//	       MaxStreamFrameBytes
//
// Of kind 3, at the place where the frames are missing:
//
//	 5  8  time, in nanoseconds since 1970
//	13  4  how many frames were dropped since the last such record
//
// Each frame names its connection in full, so that a ring of records can lose
// its oldest ones and is still a stream when the first eight bytes are put
// before it. Frames of one direction of a connection are in their order; other
// records may overtake each other.
const streamName = "kwire"

const streamVersion = 1

// Sizes of a stream. What is larger is no stream.
const (
	// MaxStreamFrameBytes is how much of one frame a stream holds.
	MaxStreamFrameBytes = 64 << 10

	streamHeaderBytes = 8
	streamLengthBytes = 4
	streamFrameBytes  = 27 // up to the addresses
	streamDropBytes   = 17
	maxAddressBytes   = 255
	maxStreamRecord   = streamFrameBytes - streamLengthBytes + 2*maxAddressBytes + MaxStreamFrameBytes
)

const (
	streamMagic       = "\x89kwire\n"
	streamKindClient  = 1
	streamKindBroker  = 2
	streamKindDropped = 3
)

// A StreamFrame is one frame of a stream, without its bytes.
type StreamFrame struct {
	Side           Side  // SideClient or SideBroker: who sent it
	Time           int64 // nanoseconds since 1970
	Connection     uint64
	Client, Broker string // addresses; what is beyond 255 bytes is left out
	Length         int    // of the whole frame, its size included
}

// AppendStreamHeader appends the start of a stream.
func AppendStreamHeader(dst []byte) []byte { return append(append(dst, streamMagic...), streamVersion) }

// AppendStreamFrame appends the record of a frame, whose bytes are in parts, all
// of them or the first; at most MaxStreamFrameBytes of them are written.
func AppendStreamFrame(dst []byte, f *StreamFrame, parts ...[]byte) []byte {
	start := len(dst)
	kind := byte(streamKindClient)
	if f.Side == SideBroker {
		kind = streamKindBroker
	}
	client, broker := f.Client[:min(len(f.Client), maxAddressBytes)], f.Broker[:min(len(f.Broker), maxAddressBytes)]
	dst = append(dst, 0, 0, 0, 0, kind)
	dst = binary.BigEndian.AppendUint64(dst, uint64(f.Time))
	dst = binary.BigEndian.AppendUint64(dst, f.Connection)
	dst = binary.BigEndian.AppendUint32(dst, uint32(f.Length))
	dst = append(dst, byte(len(client)), byte(len(broker)))
	dst = append(append(dst, client...), broker...)
	left := MaxStreamFrameBytes
	for _, p := range parts {
		p = p[:min(len(p), left)]
		dst = append(dst, p...)
		left -= len(p)
	}
	return endStreamRecord(dst, start)
}

// AppendStreamDropped appends the record of dropped frames.
func AppendStreamDropped(dst []byte, time int64, frames uint32) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, streamKindDropped)
	dst = binary.BigEndian.AppendUint64(dst, uint64(time))
	return endStreamRecord(binary.BigEndian.AppendUint32(dst, frames), start)
}

func endStreamRecord(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-streamLengthBytes))
	return dst
}

// isStream tells a stream by its first bytes, which have no place in a text.
func isStream(b []byte) bool {
	return len(b) >= streamHeaderBytes && string(b[:len(streamMagic)]) == streamMagic
}

// streamReader collects the frames of each connection.
type streamReader struct {
	captureReader // its errors, and what was left out
	conns         map[uint64]*streamConnection
	order         []*streamConnection
	kept          int // bytes of frames
}

type streamConnection struct {
	client, broker string
	dirs           [2]direction // what the client sent, what the broker sent
}

func readStream(b []byte, r *Result) error {
	s := streamReader{conns: map[uint64]*streamConnection{}}
	if v := b[streamHeaderBytes-1]; v == streamVersion {
		s.records(b)
	} else {
		s.fail(streamHeaderBytes-1, "version "+strconv.Itoa(int(v))+" of the format; this program reads version "+strconv.Itoa(streamVersion))
	}
	r.Bytes = make([]byte, 0, s.kept)
	for _, c := range s.order {
		appendConnection(r, Connection{Client: c.client, Broker: c.broker}, &c.dirs[0], &c.dirs[1])
	}
	return s.finish(r, len(s.order) == 0 && len(s.skipped) == 0, streamHeaderBytes, "no frames in it")
}

func (s *streamReader) records(b []byte) {
	for at := streamHeaderBytes; at < len(b); {
		n, why := streamRecord(b[at:])
		if why == "" {
			why = s.record(b[at : at+n])
		}
		if why != "" {
			s.fail(at, why)
			return
		}
		at += n
	}
}

// streamRecord returns how long the record is that some bytes begin with.
func streamRecord(b []byte) (n int, why string) {
	if len(b) > streamLengthBytes {
		size := binary.BigEndian.Uint32(b)
		if size == 0 || size > maxStreamRecord {
			return 0, "a record has a length of " + strconv.FormatUint(uint64(size), 10) + ", it can be 1 to " + strconv.Itoa(maxStreamRecord)
		}
		if n = streamLengthBytes + int(size); n <= len(b) {
			return n, ""
		}
	}
	return 0, "the stream ends within a record"
}

// record takes one whole record; why says what is wrong with it.
func (s *streamReader) record(r []byte) (why string) {
	switch r[streamLengthBytes] {
	case streamKindClient, streamKindBroker:
		return s.frame(r)
	case streamKindDropped:
		if len(r) != streamDropBytes {
			return "a record of dropped frames has " + strconv.Itoa(len(r)) + " bytes, not " + strconv.Itoa(streamDropBytes)
		}
		s.skip("more than whoever watched could take", int64(binary.BigEndian.Uint32(r[streamDropBytes-4:])))
	default:
		s.skip("of a kind that is not known here", 1)
	}
	return ""
}

func (s *streamReader) frame(r []byte) (why string) {
	if len(r) < streamFrameBytes || len(r) < streamFrameBytes+int(r[25])+int(r[26]) {
		return "the record of a frame is too short for what stands before the frame"
	}
	time, id, whole := int64(binary.BigEndian.Uint64(r[5:])), binary.BigEndian.Uint64(r[13:]), binary.BigEndian.Uint32(r[21:])
	broker := streamFrameBytes + int(r[25])
	data := r[broker+int(r[26]):]
	if len(data) > MaxStreamFrameBytes || uint32(len(data)) > whole || whole > maxStreamLength {
		return "the record holds " + strconv.Itoa(len(data)) + " bytes of a frame of " + strconv.FormatUint(uint64(whole), 10)
	}
	c := s.conns[id]
	if c == nil {
		if len(s.order) >= maxConnections {
			s.skip(tooManyConnections, 1)
			return ""
		}
		c = &streamConnection{client: string(r[streamFrameBytes:broker]), broker: string(r[broker : broker+int(r[26])])}
		s.conns[id] = c
		s.order = append(s.order, c)
	}
	d := &c.dirs[r[4]-streamKindClient]
	if len(data) > 0 {
		d.pieces = append(d.pieces, piece{data: data, time: time, lost: d.lost()})
		s.kept += len(data)
	}
	if missing := int(whole) - len(data); missing > 0 {
		d.pieces = append(d.pieces, piece{time: time, lost: min(d.lost(), maxStreamLength-missing) + missing})
	}
	return ""
}

// maxStreamLength is the longest frame there can be: its size is an int32.
const maxStreamLength = 1<<31 - 1
