package config

import (
	"os"
	"path/filepath"
	"runtime"
)

// dataDir is where data goes when nobody names a directory. Kafka's default lies below /tmp and is gone after a
// reboot; this is the directory that the platform keeps for a user's data.
func dataDir() (string, error) {
	return dataDirOn(runtime.GOOS, os.Getenv, os.UserHomeDir)
}

// dataDirOn follows the XDG base directory rules on Unix and the platform's own on macOS and Windows.
func dataDirOn(goos string, env func(string) string, home func() (string, error)) (string, error) {
	if goos == "windows" {
		if dir := env("LocalAppData"); dir != "" {
			return filepath.Join(dir, "kwire"), nil
		}
	}
	if dir := env("XDG_DATA_HOME"); filepath.IsAbs(dir) && goos != "windows" && goos != "darwin" {
		return filepath.Join(dir, "kwire"), nil
	}
	dir, err := home()
	if err != nil {
		return "", err
	}
	if goos == "darwin" {
		return filepath.Join(dir, "Library", "Application Support", "kwire"), nil
	}
	return filepath.Join(dir, ".local", "share", "kwire"), nil
}
