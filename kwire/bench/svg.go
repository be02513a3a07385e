package main

import (
	"fmt"
	"strings"
)

// Measures of the picture, in its own units.
const (
	labelWidth = 440
	barWidth   = 400 // of kmsg's bar
	barHeight  = 14
	rowGap     = 12
	maxRatio   = 1.5 // longer bars are cut
)

// bars are the contenders that the picture shows, and how they are filled.
var bars = []struct{ name, class string }{{kwireReused, "reused"}, {kwireFresh, "fresh"}, {kmsgFresh, "kmsg"}, {kgoFetch, "kgo"}, {saramaName, "sarama"}}

// svg draws a bar for each contender of each row, relative to kmsg. The colours follow the reader's light or dark scheme.
func svg(rows []*row) string {
	var b strings.Builder
	y := 40
	for _, r := range rows {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" class="task">%s</text>`+"\n", labelWidth-10, y+barHeight-2, r.task)
		for _, bar := range bars {
			c := r.find(bar.name)
			if c == nil {
				continue
			}
			ratio := c.nsPerOp / r.base().nsPerOp
			width := min(ratio, maxRatio) * barWidth
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" class="%s"/><text x="%.1f" y="%d">%s %.2f</text>`+"\n",
				labelWidth, y, width, barHeight, bar.class, labelWidth+width+6, y+barHeight-3, bar.name, ratio)
			y += barHeight + 2
		}
		y += rowGap
	}
	const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="CPU time of kwire relative to kmsg">
<style>text{fill:#333}.title{font-size:15px;font-weight:600}.task{font-weight:600}.reused{fill:#0b7a5f}.fresh{fill:#4cb391}.kmsg{fill:#9a9a9a}.kgo{fill:#c9a227}.sarama{fill:#b5655a}
@media(prefers-color-scheme:dark){text{fill:#ddd}.reused{fill:#3fd0a5}.fresh{fill:#2a8f70}.kmsg{fill:#777}}</style>
<text x="%d" y="22" class="title">CPU time relative to kmsg; shorter is better</text>
`
	width := labelWidth + int(maxRatio*barWidth) + 120
	return fmt.Sprintf(head, width, y, width, labelWidth) + b.String() + "</svg>\n"
}
