module github.com/kwire-project/kafka/kwire/bench

go 1.26.0

replace github.com/kwire-project/kafka => ../..

require (
	github.com/kwire-project/kafka v0.0.0
	github.com/segmentio/kafka-go v0.4.51
	github.com/twmb/franz-go v1.22.2
	github.com/twmb/franz-go/pkg/kmsg v1.15.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
)
