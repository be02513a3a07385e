package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const problemText = `document.getElementById("problem").textContent`

// TestFailingLog: the log of a failing test is pasted whole; the page opens where the test ended, at the byte that is wrong,
// and says what to do.
func TestFailingLog(t *testing.T) {
	p := open(t, folder())
	p.answered()
	p.paste(sample(t, "wrong-correlation-id"))
	require.Equal(t, "✕ Byte 4 CorrelationId: request 1 has 177586623, and its answer must bring that back", p.text(problemText))
	require.Equal(t, "CorrelationId", p.selected().Name)
	require.Equal(t, []string{"00 00 00 07", "····"}, p.marked("selected"))
	p.click(p.box(`document.querySelector("#hints button")`))
	p.wait(`document.getElementById("problem").hidden`)
	require.Equal(t, "177586623", p.selected().Value)

	// Nothing is damaged, and the answer tells of an error: that field is selected.
	p.paste(testerLog("VT6", stages()["VT6"]))
	require.Equal(t, "response DescribeTopicPartitions (75) v0", p.text(shownTitle))
	require.Equal(t, row{"ErrorCode", "INT16", "3 UNKNOWN_TOPIC_OR_PARTITION", "14–15"}, p.selected())
	p.wait(`document.querySelector("#list .warned")`) // the list has looked for error codes
	p.press("[", "e")                                 // and from its request it is the next error
	p.wait(shownTitle + ` === "response DescribeTopicPartitions (75) v0"`)
	require.Equal(t, "ErrorCode", p.selected().Name)
}
