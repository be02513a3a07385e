package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/kwire-project/kafka/capture/live"
	"github.com/kwire-project/kafka/capture/tap"
	"github.com/kwire-project/kafka/web"
	"github.com/kwire-project/kafka/web/host"
)

const tapSynopsis = `tap [flags] LISTEN UPSTREAM

Stands between clients and a Kafka cluster, and shows on a page what they say. LISTEN is the address that
clients get as their bootstrap server, UPSTREAM that of a broker of the cluster:

	kwire tap 127.0.0.1:19092 kafka.example:9092

Each broker that an answer names gets a listener of its own, on the ports after LISTEN's where they are free,
and clients are told these instead. Credentials are removed before anything is shown. Connections with TLS pass
unseen. What is shown can be kept as a file, by the page or with
curl -sN http://127.0.0.1:9081/live > talk.kwire, and kwire decode reads it.`

// tapCommand proxies until it is interrupted.
func tapCommand(args []string, s streams) error {
	fs := flag.NewFlagSet("tap", flag.ContinueOnError)
	page := host.Options{}
	fs.StringVar(&page.Addr, "page", "127.0.0.1:9081", "`address` of the page")
	fs.StringVar(&page.TokenFile, "token", "", "`file` with the token that the page asks for, where other machines can reach it")
	advertise := fs.String("advertise", "", "`host` that clients are told, if not the address at which they have reached LISTEN")
	open := fs.Bool("open", false, "open the page in a browser")
	all, err := parseMany(fs, args, s, tapSynopsis)
	if err != nil {
		return err
	}
	if len(all) != 2 {
		return usagef("two addresses, LISTEN and UPSTREAM, have %q", all)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return runTap(ctx, tap.Options{Listen: all[0], Upstream: all[1], Advertise: *advertise}, page, *open, s)
}

// runTap proxies until ctx ends.
func runTap(ctx context.Context, o tap.Options, page host.Options, open bool, s streams) error {
	o.Hub = live.NewHub(time.Now)
	page.Hub = o.Hub
	o.Note = func(text string) { fmt.Fprintln(s.err, "kwire tap:", text) }
	shown, err := host.Start(page)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w (-page chooses another address)", err)
		}
		return err
	}
	defer shown.Close()
	p, err := tap.Start(o)
	if err != nil {
		return err
	}
	defer p.Close()
	fmt.Fprintf(s.out, "kwire tap: clients connect to %s, which stands for %s; the page is on %s\n", p.Addr(), o.Upstream, shown.URL())
	if !web.HasEngine() {
		fmt.Fprintln(s.err, "kwire tap: this program has the page without the engine that decodes; in a checkout of the project, make kwire builds bin/kwire with it")
	}
	if open {
		if err := browse(shown.URL()); err != nil {
			fmt.Fprintln(s.err, "kwire tap: the browser does not open:", err)
		}
	}
	<-ctx.Done()
	return nil
}

// browse opens an address as the desktop does.
func browse(url string) error {
	switch runtime.GOOS {
	case "darwin":
		return exec.Command("open", url).Start()
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", url).Start()
	}
	return exec.Command("xdg-open", url).Start()
}
