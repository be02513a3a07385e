// Kbroker is a Kafka broker in one program: no cluster to join, no other service to start.
//
//	kbroker [flags] [server.properties]
//
// Without a file it listens on port 9092 and keeps its data in the user's data directory; SETTINGS.md lists what a file
// may say. When it serves, it prints one line with its address and data directory to standard output. Warnings and
// errors go to standard error. SIGINT or SIGTERM lets it finish what is under way and close its data; a second one ends
// it at once.
//
// Exit status: 0 after a stop that was asked for, 1 when it cannot start or fails, 2 for wrong arguments.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/kwire-project/kafka/kbroker/broker"
	"github.com/kwire-project/kafka/web/host"
)

// stopTimeout is how long requests under way may take after a signal.
const stopTimeout = 5 * time.Second

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("kbroker", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o host.Options
	flags.StringVar(&o.Addr, "page", "", "also serve the page that explains protocol bytes, on this `address`, such as 127.0.0.1:9080")
	withLive := flags.Bool("live", false, "let the page show requests and answers as they happen, without credentials; only to this machine, or with a token")
	flags.StringVar(&o.TokenFile, "live-token", "", "`file` with the token that the live view asks for, for a page that other machines can reach")
	flags.Usage = func() {
		fmt.Fprintf(stderr, "usage: kbroker [flags] [server.properties]\n")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 1:
		fmt.Fprintf(stderr, "kbroker: more than one file: %q\n", flags.Args())
		flags.Usage()
		return 2
	case *withLive && o.Addr == "", o.TokenFile != "" && !*withLive:
		fmt.Fprintf(stderr, "kbroker: -live needs -page, and -live-token needs -live\n")
		return 2
	}
	lines := newLines(stderr)
	defer lines.close()
	if err := serve(flags.Arg(0), o, *withLive, stdout, lines); err != nil {
		lines.close()
		fmt.Fprintf(stderr, "kbroker: %v\n", err)
		if hint := hintFor(err, flags.Arg(0)); hint != "" {
			fmt.Fprintf(stderr, "  hint: %s\n", hint)
		}
		return 1
	}
	return 0
}

// serve runs the broker until a signal asks it to stop.
func serve(file string, o host.Options, withLive bool, stdout io.Writer, lines *lines) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stopped := make(chan struct{})
	go func() {
		<-signals
		stop()
		close(stopped)
		<-signals
		os.Exit(1)
	}()

	p, err := startPage(o, withLive)
	if err != nil {
		return err
	}
	defer p.close()
	b, err := broker.Start(ctx, broker.Config{File: file, Log: lines.logger(), Live: p.hub})
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return nil // asked to stop before it was ready
		}
		return err
	}
	fmt.Fprintf(stdout, "kbroker: ready on %s, data in %s%s\n", b.Addr(), strings.Join(b.LogDirs(), ", "), p.mention())
	<-stopped
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return b.Close(ctx)
}

// hintFor says what may help with an error that keeps the broker from starting with a properties file, if there is one.
func hintFor(err error, file string) string {
	var onNetwork *net.OpError
	var onFile *fs.PathError
	switch {
	case errors.Is(err, host.ErrNeedsToken):
		return "-page with an address of this machine only, such as 127.0.0.1:9080, or -live-token with a file that holds a token"
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there, perhaps another broker: stop it, or choose another port, in listeners or with -page"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "the host in listeners has to be an address of this machine; clients are told another one by advertised.listeners"
	case errors.Is(err, fs.ErrPermission) && errors.As(err, &onNetwork):
		return "ports below 1024 are often kept for the system: choose another one, in listeners or with -page"
	case errors.Is(err, fs.ErrPermission):
		return "the user that runs the broker needs the right to read and write there; log.dirs chooses other directories"
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; log.dirs chooses other directories, log.retention.* how much is kept"
	case errors.Is(err, syscall.EMFILE):
		return "the process may not open more files: raise the limit (ulimit -n)"
	case errors.Is(err, fs.ErrNotExist) && errors.As(err, &onFile) && onFile.Path == file:
		return "kbroker takes the path of a properties file, or no argument for the defaults"
	}
	return ""
}
