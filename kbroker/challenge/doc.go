// Package challenge holds no code, only tests: what somebody finds who starts this broker the way the CodeCrafters
// "Build your own Kafka" course does, and what that person may expect beyond what the course checks.
//
//	go test -count=1 ./kbroker/challenge                        everything, under two minutes on two cores
//	go test -count=1 ./kbroker/challenge -run 'Stages/eg2'      one stage by its slug
//	go test -count=1 ./kbroker/challenge -run Beyond            only what the course does not check
//
// -count=1 matters: Go would otherwise repeat an old result, since it does not know that the tests run the broker.
//
// # The stages
//
// TestStages lays down the files of a stage byte for byte, starts your_program.sh with /tmp/server.properties from
// another directory, sends the course's bytes and checks the course's assertions with its deadlines. To be an
// independent witness it builds requests and reads answers by hand (bytes_test.go) and uses the project's own codec
// only as a second, strict reader. It needs port 9092. Directories of somebody else below /tmp are left alone: if
// /tmp/kraft-combined-logs or /tmp/server.properties exist and were not written by such a run, other paths are used.
//
// # Beyond
//
// The other tests start with TestBeyond. They run the built broker on a port of its own and speak through package
// kwire, since they go through many versions. Each names the promise it holds.
package challenge
