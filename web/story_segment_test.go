package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kwire-project/kafka/kwire/records"
)

// segment is a log segment of at least so many bytes, in batches of 16 records of 1 kB; the record of one offset says so.
func segment(t *testing.T, bytes, marked int) (log []byte) {
	t.Helper()
	const perBatch = 16
	filler := strings.Repeat("0123456789abcdef", 62)
	for base := 0; len(log) < bytes; base += perBatch {
		w := records.NewWriter(log, records.Options{BaseOffset: int64(base), PartitionLeaderEpoch: 3})
		for i := range perBatch {
			value := fmt.Sprintf(`{"order":%d,"note":%q}`, base+i, filler)
			if base+i == marked {
				value = fmt.Sprintf(`{"order":%d,"note":"a needle"}`, marked)
			}
			w.Append(records.Record{Timestamp: 1_700_000_000_000 + int64(base), Key: fmt.Appendf(nil, "order-%d", base+i), Value: []byte(value)})
		}
		var err error
		log, err = w.Finish()
		require.NoError(t, err)
	}
	return log
}

// TestFindRecord: a segment of 10 MiB is dropped, a batch in its middle opened, and a record found by its text.
func TestFindRecord(t *testing.T) {
	log := segment(t, 10<<20, 5005)
	p := open(t, withFile(log))
	p.answered()
	p.drop("00000000000000000000.log")
	p.wait(`/^6\d\d$/.test(` + packetCount + `)`)
	p.press("l", "Home")
	for range 30 {
		p.press("PageDown")
	}
	p.answered()
	p.wait(`/batch of offsets \d{4} to \d{4}/.test(document.querySelector("#list [aria-selected=true]")?.textContent)`)

	p.press("f")
	p.insert(`text:"a needle"`)
	p.wait(packetCount + `.startsWith("1 of")`)
	p.press("Enter", "Home")
	p.answered()
	require.Contains(t, p.packet(), "batch of offsets 4992 to 5007")
	p.wait(selectedRow + `.Value.includes("a needle")`)
	require.Equal(t, `"{\"order\":5005,\"note\":\"a needle\"}"`, p.selected().Value)
	require.Equal(t, "Records Records[0] Records Records[13] Value", p.text(`[...document.querySelectorAll(".crumbs button")].map((c) => c.textContent).join(" ")`))
	p.shoot("find-record")
}
