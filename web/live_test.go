package web

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/capture"
	"github.com/kwire-project/kafka/capture/exchange"
	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/kbroker/broker"
	"github.com/kwire-project/kafka/kwire"
	"github.com/kwire-project/kafka/kwire/api"
	"github.com/kwire-project/kafka/kwire/records"
	"github.com/kwire-project/kafka/kwire/wire"
)

// station is a page with a live view, and what it shows.
type station struct {
	tab
	hub    *live.Hub
	mu     sync.Mutex
	stream http.Handler
}

// openLive opens the page as a broker with -live serves it; a token may be asked for.
func openLive(t *testing.T, token string) *station {
	s := &station{hub: live.NewHub(time.Now)}
	s.stream = live.Handler(s.hub, token)
	page := LiveHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		h := s.stream
		s.mu.Unlock()
		h.ServeHTTP(w, r)
	}), token != "")
	files := folder()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/dist/") { // the program of a test does not carry the engine
			files.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
	if token == "" {
		s.tab = open(t, handler)
	} else { // a refusal is an error in the console
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		p, err := chromium(t).Open(server.URL)
		require.NoError(t, err)
		s.tab = tab{p, t}
	}
	s.answered()
	t.Cleanup(func() { _ = s.Eval(`document.getElementById("watch-stop").click()`, nil) })
	return s
}

// watch begins the live view.
func (s *station) watch() {
	s.t.Helper()
	s.press("t", "w")
	s.wait(`document.getElementById("watch-state").textContent === "Watching"`)
}

// talk publishes requests to Heartbeat and their answers.
func (s *station) talk(from, count int) {
	for i := from; i < from+count; i++ {
		request, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: int32(i), ClientID: wire.Some("app-" + strconv.Itoa(i%2))}, &api.HeartbeatRequest{GroupID: "g" + strconv.Itoa(i)}, 4)
		require.NoError(s.t, err)
		answer, err := kwire.AppendResponse(nil, int32(i), &api.HeartbeatResponse{}, 4)
		require.NoError(s.t, err)
		f := live.Frame{Connection: uint64(i % 2), Client: "c:" + strconv.Itoa(i%2), Broker: "b:1", Key: 12, Version: 4}
		f.Side, f.Time, f.Payload = capture.SideClient, time.Now(), request[4:]
		s.hub.Publish(&f)
		f.Side, f.Time, f.Payload = capture.SideBroker, time.Now(), answer[4:]
		s.hub.Publish(&f)
	}
}

const watched = `document.getElementById("watch-count").textContent`

// TestLive: what a client says to a broker is on the page within a second.
func TestLive(t *testing.T) {
	s := openLive(t, "")
	b, err := broker.Start(t.Context(), broker.Config{Live: s.hub, Properties: map[string]string{"listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": t.TempDir()}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close(context.Background()) })
	s.watch()
	require.Contains(t, s.text(`document.getElementById("empty").textContent`), "Nothing has passed yet")

	c, err := net.Dial("tcp", b.Addr())
	require.NoError(t, err)
	defer c.Close()
	ask := func(m wire.Message, version int16) {
		frame, err := kwire.AppendRequest(nil, kwire.Header{CorrelationID: 7, ClientID: wire.Some("shop")}, m, version)
		require.NoError(t, err)
		_, err = c.Write(frame)
		require.NoError(t, err)
		_, err = kwire.NewFrameReader(c, 0).Next()
		require.NoError(t, err)
	}
	create := api.NewCreateTopicsRequest()
	create.Topics = []api.CreateTopicsRequestCreatableTopic{{Name: "orders", NumPartitions: 1, ReplicationFactor: 1}}
	ask(&create, 7)
	s.wait(packetCount + ` === "2"`)

	w := records.NewWriter(nil, records.Options{})
	w.Append(records.Record{Value: []byte("seen at once")})
	batch, err := w.Finish()
	require.NoError(t, err)
	produce := api.NewProduceRequest()
	produce.Acks = 1
	produce.TopicData = []api.ProduceRequestTopicProduceData{{Name: "orders", PartitionData: []api.ProduceRequestPartitionProduceData{{Records: batch}}}}
	began := time.Now()
	ask(&produce, 9)
	s.wait(packetCount + ` === "4"`)
	took := time.Since(began)
	s.wait(`document.getElementById("f3").textContent.includes("orders")`) // what a packet is about comes when nothing else is to be done
	rows := strings.Split(s.packets(), "\n")
	require.Regexp(t, `^3 \S+ → request Produce v9 \d+ B \d.* shop orders, 1 record$`, rows[2])
	require.Regexp(t, `^4 \S+ ← response Produce v9 \d+ B \d.* ms shop orders$`, rows[3])

	// It decodes like any other packet.
	s.click(s.box(`document.getElementById("f2")`))
	s.wait(`document.getElementById("api").selectedOptions[0].textContent === "Produce (0)"`)
	s.press("f")
	require.NoError(t, s.Call("Input.insertText", map[string]any{"text": "text:once"}, nil))
	s.wait(packetCount + ` === "1 of 4"`)
	s.shoot("live")
	require.Equal(t, "4 packets", strings.Split(s.text(watched), ",")[0])

	s.press("Escape")
	for n := 6; took >= time.Second && n < 20; n += 2 { // the machine was busy
		began = time.Now()
		ask(&produce, 9)
		s.wait(packetCount + ` === "` + strconv.Itoa(n) + `"`)
		took = min(took, time.Since(began))
	}
	t.Logf("a produce request was listed %v after it was sent", took)
	require.Less(t, took, time.Second)
}

// TestLiveSelection: more packets come, and old ones go, while one of them is
// looked at.
func TestLiveSelection(t *testing.T) {
	s := openLive(t, "")
	s.watch()
	s.talk(0, 20)
	s.wait(packetCount + ` === "40"`)
	s.click(s.box(`document.getElementById("f3")`)) // an answer, to g1
	s.wait(`document.getElementById("f3").getAttribute("aria-selected") === "true"`)
	s.wait(`document.getElementById("side").value === "1"`)
	s.down("CorrelationId")
	field := s.selected()
	require.Equal(t, "CorrelationId", field.Name)
	require.Equal(t, "1", field.Value)

	s.talk(20, 30)
	s.wait(packetCount + ` === "100"`)
	require.Equal(t, "f3", s.text(`document.getElementById("list").getAttribute("aria-activedescendant")`))
	require.Equal(t, field, s.selected())

	// More than the page keeps: the packet stays, with its request, and is the first now.
	for n := 50; n < 6050; n += 500 {
		s.talk(n, 500)
		time.Sleep(60 * time.Millisecond)
	}
	s.wait(watched + `.startsWith("12,100 packets")`)
	s.wait(`document.getElementById("list").getAttribute("aria-activedescendant") === "f1"`)
	require.Equal(t, field, s.selected())
	count, err := strconv.Atoi(strings.ReplaceAll(s.text(packetCount), ",", ""))
	require.NoError(t, err)
	require.Less(t, count, 5001)
	require.Greater(t, count, 3000)
	s.press("o")
	s.wait(`document.getElementById("side").value === "0"`)
	require.Contains(t, s.text(`document.getElementById("tree").textContent`), `"g1"`)
}

// TestLivePause: nothing moves while it is paused; an edit pauses it; what comes
// meanwhile is there afterwards; what is kept can be saved and read again.
func TestLivePause(t *testing.T) {
	s := openLive(t, "")
	s.watch()
	s.talk(0, 3)
	s.wait(packetCount + ` === "6"`)
	s.press("t", "w")
	s.wait(`document.getElementById("watch-state").textContent === "Paused"`)
	s.talk(3, 2)
	s.wait(watched + `.startsWith("10 packets")`)
	require.Equal(t, "6", s.text(packetCount))
	s.press("w")
	s.wait(packetCount + ` === "10"`)

	// An edit holds the view still.
	s.click(s.box(`document.getElementById("f2")`))
	s.wait(`document.getElementById("tree").textContent.includes('"g1"')`)
	s.down("GroupId")
	s.press("Enter")
	s.insert("edited")
	s.press("Enter")
	s.wait(`document.getElementById("tree").textContent.includes('"edited"')`)
	require.Equal(t, "Paused", s.text(`document.getElementById("watch-state").textContent`))
	s.talk(5, 1)
	s.wait(watched + `.startsWith("12 packets")`)
	require.Contains(t, s.text(`document.getElementById("tree").textContent`), `"edited"`)
	s.press("Escape", "t", "w")
	s.wait(packetCount + ` === "12"`)

	// The file holds what passed.
	require.NoError(t, s.Eval(`URL.createObjectURL = (b) => { window.saved = b; return "#"; }; HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };
		document.getElementById("watch-save").click()`, nil))
	require.Equal(t, "live.kwire", s.text("savedAs"))
	var b []byte // JSON has them as base64
	require.NoError(t, s.Eval(`saved.arrayBuffer().then((b) => btoa(String.fromCharCode(...new Uint8Array(b))))`, &b))
	r, err := capture.Read(b)
	require.NoError(t, err)
	require.Len(t, exchange.Frames(r), 12)

	s.click(s.box(`document.getElementById("watch-clear")`))
	s.wait(`document.getElementById("empty").textContent.includes("Nothing has passed yet") && !document.getElementById("empty-live").hidden`)
	s.talk(9, 1)
	s.wait(packetCount + ` === "2"`)
	s.click(s.box(`document.getElementById("watch-stop")`))
	s.wait(`document.getElementById("file-name").textContent === "live.kwire" && document.getElementById("watch-bar").hidden`)
	require.Equal(t, "2", s.text(packetCount))
	require.Eventually(t, func() bool { return !s.hub.Watched() }, 5*time.Second, 10*time.Millisecond)

	// Another input ends it as well.
	s.watch()
	s.paste("000000")
	require.Eventually(t, func() bool { return !s.hub.Watched() }, 5*time.Second, 10*time.Millisecond)
}

// TestLiveEnds: the page says when the stream ends, and takes it up again; it
// says what was dropped.
func TestLiveEnds(t *testing.T) {
	s := openLive(t, "")
	end := make(chan struct{})
	s.stream = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := capture.AppendStreamDropped(capture.AppendStreamHeader(nil), 1, 1234)
		_, _ = w.Write(b)
		w.(http.Flusher).Flush()
		<-end
	})
	s.watch()
	s.wait(watched + `.includes("1,234 dropped")`)
	s.talk(0, 1)
	s.mu.Lock()
	s.stream = live.Handler(s.hub, "")
	s.mu.Unlock()
	close(end)
	s.wait(`document.getElementById("watch-state").textContent === "The stream has ended. Trying again in 1 s"`)
	require.Equal(t, "The stream has ended. Trying again in 1 s", s.text(`document.getElementById("live").textContent`))
	s.wait(`document.getElementById("watch-state").textContent === "Watching"`)
	s.talk(1, 2)
	s.wait(packetCount + ` === "4"`)
	require.Contains(t, s.text(`document.getElementById("notes-text").textContent`), "1234 packets left out: more than whoever watched could take")
}

// TestLiveToken: where a token is asked for, the page asks for it.
func TestLiveToken(t *testing.T) {
	s := openLive(t, "a token of some length")
	s.press("t", "w")
	s.wait(`document.getElementById("token").open`)
	enter := func(text string) {
		require.NoError(t, s.Call("Input.insertText", map[string]any{"text": text}, nil))
		s.press("Enter")
	}
	enter("a token of some lengtH")
	s.wait(`document.getElementById("token").open && document.getElementById("token-text").value === ""`)
	enter("a token of some length")
	s.wait(`document.getElementById("watch-state").textContent === "Watching"`)
	s.talk(0, 1)
	s.wait(packetCount + ` === "2"`)
	require.NotContains(t, s.text("document.documentElement.outerHTML"), "a token of")
}

// TestLiveAccessible: axe finds nothing while packets come, and a screen reader
// is not told of each.
func TestLiveAccessible(t *testing.T) {
	axe, err := os.ReadFile(axePath())
	if err != nil {
		missing(t, "axe-core is not there: "+err.Error())
	}
	s := openLive(t, "")
	s.watch()
	require.NoError(t, s.Eval(`window.said = []; new MutationObserver(() => said.push(document.getElementById("live").textContent)).observe(document.getElementById("live"), {childList: true, characterData: true, subtree: true})`, nil))
	for i := range 8 {
		s.talk(i, 1)
		s.wait(packetCount + ` === "` + strconv.Itoa(2*i+2) + `"`)
	}
	require.Equal(t, "0", s.text("said.length"))
	require.NoError(t, s.Eval(string(axe), nil))
	for _, width := range []int{1360, 390} {
		s.size(width, 850)
		for _, theme := range []string{"light", "dark"} {
			s.scheme(theme)
			var found string
			require.NoError(t, s.Eval(`axe.run({resultTypes: ["violations"]}).then((r) => r.violations.map((v) => v.id + " " + v.nodes[0].html).join("\n"))`, &found))
			require.Empty(t, found)
			s.shoot("live-" + theme + "-" + strconv.Itoa(width))
		}
	}
	require.Equal(t, "true", s.text(`document.getElementById("watch").ariaPressed`))
}

// TestNoLive: without a live view there is no button for it.
func TestNoLive(t *testing.T) {
	p := open(t, folder())
	p.answered()
	require.Equal(t, "true", p.text(`document.getElementById("watch").hidden`))
	p.press("t", "w")
	require.Equal(t, "true", p.text(`document.getElementById("watch-bar").hidden`))
}
