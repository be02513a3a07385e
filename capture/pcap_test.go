package capture

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// frame is an IP packet with TCP in it, as a link carries it.
type testPacket struct {
	from, to uint16
	seq, ack uint32
	flags    byte
	data     string
	six      bool
	options  bool // of IPv4, or a hop-by-hop header of IPv6
}

func (p testPacket) ip() []byte {
	tcp := make([]byte, tcpMinBytes, 64)
	binary.BigEndian.PutUint16(tcp, p.from)
	binary.BigEndian.PutUint16(tcp[2:], p.to)
	binary.BigEndian.PutUint32(tcp[4:], p.seq)
	binary.BigEndian.PutUint32(tcp[8:], p.ack)
	tcp[12], tcp[13] = 5<<4, p.flags
	tcp = append(tcp, p.data...)
	if p.six {
		ip := make([]byte, ipv6Bytes)
		ip[0], ip[6], ip[23], ip[39] = 6<<4, protocolTCP, 1, 2
		if p.options {
			ip[6] = ipv6HopByHop
			tcp = append([]byte{protocolTCP, 0, 0, 0, 0, 0, 0, 0}, tcp...)
		}
		binary.BigEndian.PutUint16(ip[4:], uint16(len(tcp)))
		return append(ip, tcp...)
	}
	ip := make([]byte, ipv4MinBytes)
	ip[0] = 4<<4 | 5
	if p.options {
		ip[0]++
		ip = append(ip, 1, 1, 1, 1)
	}
	ip[9] = protocolTCP
	copy(ip[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	if p.from > p.to { // a client: its address is the lower one
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)+len(tcp)))
	} else {
		copy(ip[12:], []byte{10, 0, 0, 2, 10, 0, 0, 1})
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)+len(tcp)))
	}
	return append(ip, tcp...)
}

// onLink wraps an IP packet as a link type does.
func onLink(link int, ip []byte) []byte {
	ether := []byte{0x08, 0}
	if ip[0]>>4 == 6 {
		ether = []byte{0x86, 0xdd}
	}
	switch link {
	case linkEthernet:
		return append(append(make([]byte, 12), append([]byte{0x81, 0, 0, 7}, ether...)...), ip...) // in a VLAN
	case linkCooked:
		return append(append(make([]byte, 14), ether...), ip...)
	case linkCooked2:
		return append(append(ether, make([]byte, 18)...), ip...)
	case linkNull, linkLoop:
		return append([]byte{2, 0, 0, 0}, ip...)
	}
	return ip
}

// story is a connection with what happens to packets: sent again, overtaken,
// overlapping, numbers that wrap, padding.
func story(six bool) []testPacket {
	const c, b = 51000, 9092
	first := uint32(1<<32 - 5) // wraps after 4 bytes
	p := []testPacket{
		{from: c, to: b, seq: first, flags: tcpSYN},
		{from: b, to: c, seq: 99, flags: tcpSYN | tcpACK, ack: first + 1},
		{from: c, to: b, seq: first + 1, flags: tcpACK, ack: 100, data: "abcdef"},
		{from: c, to: b, seq: first + 10, flags: tcpACK, ack: 100, data: "jkl"}, // overtakes
		{from: c, to: b, seq: first + 1, flags: tcpACK, ack: 100, data: "abcdef"},
		{from: c, to: b, seq: first + 4, flags: tcpACK, ack: 100, data: "defghi", options: true},
		{from: b, to: c, seq: 100, flags: tcpACK, ack: first + 13, data: "ANSWER"},
		{from: c, to: b, seq: first + 13, flags: tcpACK | tcpFIN, ack: 106, data: "m"},
		{from: c, to: b, seq: first + 14, flags: tcpRST},
	}
	for i := range p {
		p[i].six = six
	}
	return p
}

func pcapFile(order binary.ByteOrder, magic uint32, link int, packets [][]byte, snap int) []byte {
	u32 := func(b []byte, vs ...int) []byte {
		for _, v := range vs {
			b = append(b, 0, 0, 0, 0)
			order.PutUint32(b[len(b)-4:], uint32(v))
		}
		return b
	}
	f := u32(nil, int(magic), 0x00040002, 0, 0, snap, link)
	for i, p := range packets {
		have := min(len(p), snap)
		f = u32(f, 1000, i, have, len(p))
		f = append(f, p[:have]...)
	}
	return f
}

func pcapngFile(order binary.ByteOrder, link int, packets [][]byte) []byte {
	u32 := func(b []byte, vs ...uint32) []byte {
		for _, v := range vs {
			b = append(b, 0, 0, 0, 0)
			order.PutUint32(b[len(b)-4:], v)
		}
		return b
	}
	block := func(f []byte, kind uint32, body []byte) []byte {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		f = u32(f, kind, uint32(len(body)+12))
		return u32(append(f, body...), uint32(len(body)+12))
	}
	u16 := func(v uint16) []byte { b := make([]byte, 2); order.PutUint16(b, v); return b }
	f := block(nil, ngSection, u32(nil, ngOrder, 1, 1<<32-1, 1<<32-1))
	// Two interfaces: one counts microseconds, the other 2⁻²⁰ s from an offset.
	f = block(f, ngInterface, u32(append(u16(uint16(link)), 0, 0), 0))
	options := append(u16(optResolution), u16(1)...)
	options = append(options, 0x80|20, 0, 0, 0)
	options = append(append(options, u16(optOffset)...), u16(8)...)
	offset := make([]byte, 8)
	order.PutUint64(offset, 1000)
	options = append(append(options, offset...), 0, 0, 0, 0)
	f = block(f, ngInterface, append(u32(append(u16(uint16(link)), 0, 0), 0), options...))
	for i, p := range packets {
		low := uint32(i) // on interface 1
		if i%2 == 0 {
			low = 1000_000_000 + uint32(i)
		}
		f = block(f, ngEnhanced, append(u32(nil, uint32(i%2), 0, low, uint32(len(p)), uint32(len(p))), p...))
	}
	return block(f, 0xbad, []byte("unknown blocks are skipped"))
}

func TestCaptureFiles(t *testing.T) {
	for _, link := range []int{linkEthernet, linkCooked, linkCooked2, linkNull, linkLoop, linkRaw, linkRawBSD} {
		for _, six := range []bool{false, true} {
			var packets [][]byte
			for _, p := range story(six) {
				b := onLink(link, p.ip())
				packets = append(packets, append(b, 0, 0, 0)) // padding
			}
			files := map[string][]byte{}
			for _, o := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
				files["pcap µs "+o.String()] = pcapFile(o, pcapMicros, link, packets, 65535)
				files["pcap ns "+o.String()] = pcapFile(o, pcapNanos, link, packets, 65535)
				files["pcapng "+o.String()] = pcapngFile(o, link, packets)
			}
			for name, f := range files {
				r, err := Read(f)
				require.NoError(t, err, "%s, link %d", name, link)
				require.Equal(t, strings.Fields(name)[0], r.Format)
				require.Len(t, r.Chunks, 2, "%s, link %d, IPv6 %v", name, link, six)
				require.Equal(t, "abcdefghijklmANSWER", string(r.Bytes), "%s, link %d, IPv6 %v", name, link, six)
				require.Equal(t, SideClient, r.Chunks[0].Side)
				require.Equal(t, SideBroker, r.Chunks[1].Side)
				want := Connection{Client: "10.0.0.1:51000", Broker: "10.0.0.2:9092"}
				if six {
					want = Connection{Client: "[::1]:51000", Broker: "[::2]:9092"}
				}
				if !six {
					require.Equal(t, []Connection{want}, r.Connections)
				}
				require.Empty(t, r.Notes)
				require.Equal(t, time.Unix(1000, 0).Unix(), r.Chunks[0].Marks[0].Time/second, name)
				for _, c := range r.Chunks {
					for _, m := range c.Marks {
						require.Zero(t, m.Lost)
					}
				}
			}
		}
	}
}

// TestLostPackets: what the capture misses is a mark; the other side's
// acknowledgement tells that it is not on its way any more.
func TestLostPackets(t *testing.T) {
	p := story(false)
	p = append(p[:4:4], p[6:]...) // "ghi" is never seen
	var packets [][]byte
	for _, p := range p {
		packets = append(packets, p.ip())
	}
	r, err := Read(pcapFile(binary.LittleEndian, pcapMicros, linkRaw, packets, 65535))
	require.NoError(t, err)
	require.Equal(t, "abcdefjklmANSWER", string(r.Bytes))
	require.Equal(t, Mark{At: 6, Time: 1000*second + 3000, Lost: 3}, r.Chunks[0].Marks[1])

	// Packets cut at 42 bytes: 20 + 20 + "ab".
	r, err = Read(pcapFile(binary.LittleEndian, pcapMicros, linkRaw, packets, 42))
	require.NoError(t, err)
	require.Equal(t, "abjkmAN", string(r.Bytes))
	require.Equal(t, 7, r.Chunks[0].Marks[1].Lost)
	require.Contains(t, r.Notes[0], "cut short when captured")
}

func TestWhatIsLeftOutIsSaid(t *testing.T) {
	whole := story(false)[2].ip()
	fragment := bytes.Clone(whole)
	fragment[6] = 0x20
	r, err := Read(pcapFile(binary.LittleEndian, pcapMicros, linkRaw, [][]byte{whole, fragment, fragment}, 65535))
	require.NoError(t, err)
	require.Equal(t, []string{"2 packets left out: a fragment of an IP packet"}, r.Notes)
	_, err = Read(pcapFile(binary.LittleEndian, pcapMicros, 147, [][]byte{whole}, 65535))
	require.EqualError(t, err, "pcap: character 1: no TCP packet with bytes in it")
}

// TestCutCaptures: a file cut at any byte gives what came before, never a panic.
func TestCutCaptures(t *testing.T) {
	var packets [][]byte
	for _, p := range story(false) {
		packets = append(packets, p.ip())
	}
	for _, f := range [][]byte{pcapFile(binary.BigEndian, pcapNanos, linkRaw, packets, 65535), pcapngFile(binary.LittleEndian, linkRaw, packets)} {
		for n := range f {
			r, _ := Read(f[:n])
			require.LessOrEqual(t, len(r.Bytes), n)
			if isCapture(f[:n]) != "" && len(r.Chunks) > 0 {
				require.True(t, strings.HasPrefix("abcdef", string(r.Bytes[:min(6, len(r.Bytes))])), "%d", n)
			}
		}
	}
}

func FuzzCaptureFile(f *testing.F) {
	var packets [][]byte
	for _, p := range story(true) {
		packets = append(packets, onLink(linkEthernet, p.ip()))
	}
	f.Add(pcapFile(binary.LittleEndian, pcapMicros, linkEthernet, packets, 100))
	f.Add(pcapngFile(binary.BigEndian, linkEthernet, packets))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, _ := Read(b)
		if r.Format != pcapName && r.Format != pcapngName {
			return
		}
		require.LessOrEqual(t, len(r.Bytes), len(b))
		at := 0
		for _, c := range r.Chunks {
			require.Equal(t, at, c.Start)
			require.Greater(t, c.End, c.Start)
			for i, m := range c.Marks {
				require.True(t, m.At >= c.Start && m.At <= c.End && (i == 0 || m.At >= c.Marks[i-1].At))
			}
			at = c.End
		}
		require.Equal(t, len(r.Bytes), at)
	})
}

// TestShuffledStream: whatever order and repetition packets come in, as long as
// none is missing, the stream is what was sent.
func TestShuffledStream(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		sent := make([]byte, 2000)
		for i := range sent {
			sent[i] = byte(rnd.Uint32())
		}
		start := rnd.Uint32()
		var packets [][]byte
		for at := 0; at < len(sent); {
			n := min(1+rnd.IntN(100), len(sent)-at)
			from := max(0, at-rnd.IntN(50)) // overlaps what was sent before
			packets = append(packets, testPacket{from: 50000, to: 9092, seq: start + 1 + uint32(from), data: string(sent[from : at+n])}.ip())
			at += n
		}
		rnd.Shuffle(len(packets), func(i, j int) { packets[i], packets[j] = packets[j], packets[i] })
		packets = append([][]byte{testPacket{from: 50000, to: 9092, seq: start, flags: tcpSYN}.ip()}, packets...)
		r, err := Read(pcapFile(binary.LittleEndian, pcapMicros, linkRaw, packets, 65535))
		require.NoError(t, err)
		require.Equal(t, sent, r.Bytes)
	}
}

// TestLargeCapture: the cost is linear in the file.
func TestLargeCapture(t *testing.T) {
	if testing.Short() {
		t.Skip("as wasm, the collector's time is part of it")
	}
	took := func(packets int) time.Duration {
		var all [][]byte
		data := strings.Repeat("x", 1000)
		for i := range packets {
			all = append(all, testPacket{from: 50000 + uint16(i%20), to: 9092, seq: uint32(i / 20 * len(data)), data: data}.ip())
		}
		f := pcapFile(binary.LittleEndian, pcapMicros, linkRaw, all, 65535)
		best := time.Hour
		for range 3 {
			start := time.Now()
			r, err := Read(f)
			require.NoError(t, err)
			require.Len(t, r.Bytes, packets*1000)
			best = min(best, time.Since(start))
		}
		return best
	}
	small, large := took(4000), took(40000)
	t.Logf("4 MB %v, 40 MB %v", small, large)
	require.Less(t, large, 40*small+100*time.Millisecond)
}

// TestRealTCPDump captures a conversation on the loopback interface with the
// real tcpdump, and reads it from the file and from what -x prints.
func TestRealTCPDump(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("programs do not start others here; the run on the machine itself does")
	}
	tool, err := exec.LookPath("tcpdump")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tcpdump is missing")
		}
		t.Skip("tcpdump is missing")
	}
	request, answer := strings.Repeat("request ", 20000), strings.Repeat("answer ", 3000)
	file := filepath.Join(t.TempDir(), "lo.pcap")
	port := startEcho(t, len(request), answer)
	dump := exec.Command(tool, "-i", "lo", "--immediate-mode", "-U", "-w", file, "-B", "8192", "tcp", "port", strconv.Itoa(port))
	var stderr bytes.Buffer
	dump.Stderr = &stderr
	require.NoError(t, dump.Start())
	for i := 0; !strings.Contains(stderr.String(), "listening on") && i < 100; i++ {
		time.Sleep(50 * time.Millisecond)
	}
	if !strings.Contains(stderr.String(), "listening on") {
		_ = dump.Process.Kill()
		_ = dump.Wait()
		t.Skipf("tcpdump may not capture here: %s", stderr.String())
	}
	talk(t, port, request, len(answer))
	time.Sleep(500 * time.Millisecond)
	require.NoError(t, dump.Process.Signal(os.Interrupt))
	_ = dump.Wait()
	f, err := os.ReadFile(file)
	require.NoError(t, err)
	r, err := Read(f)
	require.NoError(t, err)
	require.Len(t, r.Connections, 1)
	require.False(t, r.Connections[0].Guessed)
	require.Equal(t, "127.0.0.1:"+strconv.Itoa(port), r.Connections[0].Broker)
	require.True(t, request+answer == string(r.Bytes), "the file: %d bytes of %d, %v\n%+v\n%s", len(r.Bytes), len(request+answer), r.Notes, r.Chunks, stderr.String())
	require.WithinDuration(t, time.Now(), time.Unix(0, r.Chunks[0].Marks[0].Time), time.Minute)

	for _, flag := range []string{"-x", "-X", "-xx", "-XX"} {
		text, err := exec.Command(tool, "-n", flag, "-r", file).Output()
		require.NoError(t, err)
		r, err := Read(text)
		require.NoError(t, err, flag)
		require.Equal(t, "tcpdump -x", r.Format)
		require.True(t, request+answer == string(r.Bytes), "%s: %d bytes of %d", flag, len(r.Bytes), len(request+answer))
	}
}
