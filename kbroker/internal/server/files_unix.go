//go:build unix

package server

import (
	"math"
	"syscall"
)

// fileLimit is how many files this process may have open; 0 when that is not known.
func fileLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}
