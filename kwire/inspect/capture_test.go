package inspect_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/kwire-project/kafka/kwire/inspect"
	"github.com/kwire-project/kafka/kwire/schema"
	"github.com/kwire-project/kafka/kwire/wire"
)

type capturedFrame struct {
	API     int16
	Version int16
	Client  string
	Dir     string
	Hex     string
}

// Every frame that real clients and brokers exchanged is read to its last byte: requests by what
// they say themselves, responses by the API and version of their request.
func TestCapturedFrames(t *testing.T) {
	frames, tooMany, nodes, batches := 0, 0, 0, 0
	readShared(t, "captures/frames.jsonl.gz", func(f capturedFrame) {
		src := unhex(t, f.Hex)
		var tree *inspect.Tree
		if f.Dir == "req" {
			tree = inspect.Request(src)
			if tree.Layout.Key != f.API || tree.Layout.Version != f.Version {
				t.Errorf("%s: read as %v, it is API %d v%d", f.Client, tree.Layout, f.API, f.Version)
			}
		} else {
			tree = inspect.Response(src, f.API, f.Version)
		}
		if f.Client == "confluent-py" && f.API == 3 && f.Version == 13 && tree.Err != nil && errors.Is(tree.Err, wire.ErrTrailing) {
			// librdkafka writes "all topics" of a flexible version as an old count of four bytes, so
			// the broker reads a null array and three bytes too many, which it ignores.
			tooMany++
			if tree.Err.Offset != len(src)-3 {
				t.Errorf("%s: %v", f.Client, tree.Err)
			}
			tree = inspect.Options{Lenient: true}.Request(src)
			if tree.Err != nil {
				t.Errorf("%s, lenient: %v", f.Client, tree.Err)
			}
			return
		}
		if err := tree.First(); err != nil {
			t.Errorf("%s %s API %d v%d: %v", f.Client, f.Dir, f.API, f.Version, err)
		}
		checkOwned(t, tree)
		checkTexts(tree)
		for n := range tree.All() {
			switch n.Kind() {
			case inspect.RestNode, inspect.MoreNode:
				t.Errorf("%s %v: %d bytes at %d have no field", f.Client, tree.Layout, n.Size(), n.Offset())
			case inspect.BatchNode:
				batches++
			}
		}
		frames++
		nodes += tree.Len()
	})
	t.Logf("%d captured frames read to the last byte, %d that its client wrote 3 bytes too long: %d nodes, %d record batches with a correct CRC", frames, tooMany, nodes, batches)
	if frames < 1900/step() || tooMany > 1 {
		t.Errorf("%d frames, %d too long", frames, tooMany)
	}
}

// Guess names every request, and most responses, from their bytes alone.
func TestGuessCapturedFrames(t *testing.T) {
	var requests, requestsRight, responses, api1, api5, exact1, exact5 int
	wrong := map[string]int{}
	readShared(t, "captures/frames.jsonl.gz", func(f capturedFrame) {
		got := inspect.Guess(unhex(t, f.Hex))
		if f.Dir == "req" {
			requests++
			if len(got) > 0 && got[0].Layout.Kind == schema.KindRequest && got[0].Layout.Key == f.API && got[0].Layout.Version == f.Version && got[0].Layout.Sized {
				requestsRight++
			} else {
				t.Errorf("%s: request of API %d v%d: guessed %v", f.Client, f.API, f.Version, got)
			}
			return
		}
		responses++
		sameAPI := func(r inspect.Reading) bool { return r.Layout.Kind == schema.KindResponse && r.Layout.Key == f.API }
		same := func(r inspect.Reading) bool { return sameAPI(r) && r.Layout.Version == f.Version }
		five := got[:min(5, len(got))]
		count := func(n *int, ok bool) {
			if ok {
				*n++
			}
		}
		count(&api1, sameAPI(got[0]))
		count(&api5, slices.ContainsFunc(five, sameAPI))
		count(&exact1, same(got[0]))
		count(&exact5, slices.ContainsFunc(five, same))
		if !sameAPI(got[0]) {
			wrong[schema.APIName(f.API)+" taken for "+got[0].Layout.String()]++
		}
	})
	per := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	t.Logf("requests: %d of %d right (%.1f %%)", requestsRight, requests, per(requestsRight, requests))
	t.Logf("responses: %d; API right %.1f %% in the first place, %.1f %% in the first five; API and version %.1f %% and %.1f %%",
		responses, per(api1, responses), per(api5, responses), per(exact1, responses), per(exact5, responses))
	for what, n := range wrong {
		t.Logf("%4d %s", n, what)
	}
	if requestsRight != requests {
		t.Error("every request names itself")
	}
}

// A request that was pasted without its size, and not to its end, is still known by its header:
// what the first four bytes would be as a size is many times what is there.
func TestGuessCutRequests(t *testing.T) {
	for _, cut := range []string{"001200040000000700026d650003676f02", "001200040000000700026d650003", "001200040000000700026d65"} {
		got := inspect.Guess(unhex(t, cut))
		if len(got) == 0 || got[0].Layout.String() != "ApiVersions request v4" || got[0].Layout.Sized || got[0].Exact {
			t.Errorf("%s: guessed %v", cut, got)
		}
	}
	all, right := 0, map[bool]int{}
	readShared(t, "captures/frames.jsonl.gz", func(f capturedFrame) {
		src := unhex(t, f.Hex)
		if f.Dir != "req" || len(src) < 40 {
			return
		}
		all++
		for _, sized := range []bool{true, false} {
			from := 4
			if sized {
				from = 0
			}
			got := inspect.Guess(src[from : len(src)*3/4])
			if len(got) > 0 && got[0].Layout.Kind == schema.KindRequest && got[0].Layout.Key == f.API && got[0].Layout.Version == f.Version && got[0].Layout.Sized == sized {
				right[sized]++
			}
		}
	})
	t.Logf("of %d requests that end after three quarters, %d are known with their size, %d without", all, right[true], right[false])
	if right[true]*100 < all*90 || right[false]*100 < all*90 {
		t.Error("too few")
	}
}
