package capture

import (
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// startEcho serves one connection: it reads n bytes and answers.
func startEcho(t *testing.T, n int, answer string) (port int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if _, err := io.CopyN(io.Discard, c, int64(n)); err == nil {
			_, _ = io.WriteString(c, answer)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// talk sends a request and reads the answer.
func talk(t *testing.T, port int, request string, answerBytes int) {
	c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, c)
	require.NoError(t, err)
	require.Equal(t, int64(answerBytes), n)
}
