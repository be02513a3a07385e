// Package e2e holds no code, only tests: third-party Kafka clients against the built broker. It is a module of its own,
// so that nobody who uses the library or the broker ever downloads those clients.
//
//	cd kbroker/e2e
//	go test                              everything, about two minutes on two cores
//	go test -run 'TestClients/franz-go'  one client: franz-go, sarama, segmentio, kcat
//	go test -run TestInterop -v          Apache Kafka 4.4 and this broker on one directory, by turns
//	go test -run TestKafkaReadsOurBatches  Kafka's own classes read what records and compress write
//	go test -run TestModule              what a program downloads that imports package kwire
//
// Without a package argument go test shows at once what is skipped, and never repeats an old result: it does not know
// that the tests run the broker.
//
// The broker is built from the parent directory and runs on a free port of 127.0.0.1, with its data in a temporary
// directory.
//
// kcat has to be on PATH (Debian: apt-get install kcat). TestInterop needs Java and ../shared/tools/kafka/kafka-up.sh
// beside the checkout (TestKafkaReadsOurBatches too, and ../shared/corpus), and TestFixtures the directories in ../shared/fixtures. What is missing is skipped, with a line
// that says so; with CI set in the environment a missing kcat fails, and so does an interop test that could have run.
package e2e
