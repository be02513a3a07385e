// Command kwire reads and writes Kafka's wire protocol on the command line.
//
//	kwire decode 0000001a0012000400000007…     explains bytes: a request, a response, records
//	kwire encode -api Metadata -version 12     turns JSON into the bytes of a frame
//	kwire dump -records DIR                    prints the files of a log directory
//	kwire tap 127.0.0.1:19092 kafka:9092       a proxy that shows on a page what clients and brokers say
//	kwire apis [NAME]                          lists APIs and versions, or the fields of one
//	kwire recode                               decodes and encodes JSON lines, for scripts
//
// Bytes may come as hex in any style (plain, hexdump, xxd, od, a log), base64, literals of program
// source, or binary: from an argument, a file, or standard input.
//
// Exit status: 0 if all is well; 1 if a byte is wrong, missing or left over; 2 for a wrong command line.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	exitOK = iota
	exitDamage
	exitUsage
)

const usage = `kwire reads and writes Kafka's wire protocol.

	kwire decode [flags] [INPUT|-]   explain bytes
	kwire encode [flags] [JSON|-]    JSON to bytes
	kwire dump   [flags] FILE|DIR…   the files of a log directory
	kwire tap    [flags] LISTEN UPSTREAM
	                                 a proxy that shows what clients and brokers say
	kwire apis   [flags] [API]       APIs and versions, or the fields of one API
	kwire recode [flags] [FILE|-]    decode and encode JSON lines

kwire COMMAND -h shows the flags of a command.
`

// errDamage ends a command whose error has been told already.
var errDamage = errors.New("damaged input")

// usageError is a wrong command line.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	commands := map[string]func([]string, streams) error{"decode": decode, "encode": encode, "apis": apis, "recode": recode, "dump": dump, "tap": tapCommand}
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" || args[0] == "help" {
		fmt.Fprint(errOut, usage)
		if len(args) == 0 {
			return exitUsage
		}
		return exitOK
	}
	command, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(errOut, "kwire: no command %q\n\n%s", args[0], usage)
		return exitUsage
	}
	err := command(args[1:], streams{in, out, errOut})
	var wrong usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errDamage):
		return exitDamage
	case errors.As(err, &wrong):
		fmt.Fprintf(errOut, "kwire %s: %s\nkwire %s -h shows the flags.\n", args[0], wrong.text, args[0])
		return exitUsage
	}
	fmt.Fprintf(errOut, "kwire %s: %v\n", args[0], err)
	return exitDamage
}

// parse reads flags before and after the arguments, of which there may be at most one.
func parse(fs *flag.FlagSet, args []string, s streams, synopsis string) (arg string, err error) {
	all, err := parseMany(fs, args, s, synopsis)
	switch {
	case err != nil || len(all) == 0:
		return "", err
	case len(all) > 1:
		return "", usagef("one input, have %q and %q", all[0], all[1])
	}
	return all[0], nil
}

// parseMany reads flags before, between and after the arguments.
func parseMany(fs *flag.FlagSet, args []string, s streams, synopsis string) (all []string, err error) {
	fs.SetOutput(s.err)
	fs.Usage = func() {
		fmt.Fprintf(s.err, "usage: kwire %s\n\nflags:\n", synopsis)
		fs.PrintDefaults()
	}
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError{err.Error()}
		}
		if fs.NArg() == 0 {
			return all, nil
		}
		all = append(all, fs.Arg(0))
		args = fs.Args()[1:]
	}
}
