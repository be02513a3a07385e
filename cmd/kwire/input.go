package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kwire-project/kafka/capture"
)

// maxInputBytes bounds what is read from a file or from standard input.
const maxInputBytes = capture.MaxInputBytes

// readText returns what an argument names: standard input for "-" or nothing, the contents of a
// file of that name, or else the argument itself.
func readText(arg string, s streams) ([]byte, error) {
	if arg == "" || arg == "-" {
		return readLimited(s.in, "standard input")
	}
	f, err := os.Open(arg)
	switch {
	case err == nil:
		defer f.Close()
		return readLimited(f, arg)
	case looksLikePath(arg) || !errors.Is(err, os.ErrNotExist) && len(arg) < 200:
		return nil, err
	}
	return []byte(arg), nil
}

// looksLikePath reports whether an argument that names no file was meant to name one.
func looksLikePath(arg string) bool {
	if strings.ContainsAny(arg, " \n") {
		return false
	}
	for _, ending := range []string{".bin", ".hex", ".txt", ".log", ".json", ".jsonl", ".dump", ".pcap", ".pcapng"} {
		if strings.HasSuffix(arg, ending) {
			return true
		}
	}
	return strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../")
}

func readLimited(r io.Reader, name string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxInputBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxInputBytes {
		return nil, fmt.Errorf("%s has more than %d bytes", name, maxInputBytes)
	}
	return b, nil
}

// readBytes reads the bytes that an argument means, in any way of writing them down.
func readBytes(arg, format string, s streams) (capture.Result, error) {
	text, err := readText(arg, s)
	if err != nil {
		return capture.Result{}, err
	}
	if format != "" {
		return capture.ReadAs(format, text)
	}
	return capture.Read(text)
}
