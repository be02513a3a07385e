package compress
import ("testing";"fmt")
func TestZZ(t *testing.T) {
	b := []byte("(\xb5/\xfd\x000\x9d\x00\x00X00000000000\x01T\v\x03,0\x0e")
	for _, l := range []int{464, 463,1000, 300, 200, 100, 464,464} {
		out, err := All.Decompress([]byte("dst"), b, 4, l)
		fmt.Printf("%d: %d %x %v\n", l, len(out), out[max(0,len(out)-500):], err)
		if err == nil { 
			e, err := All.Decompress(nil, b, 4, len(out)-3); fmt.Println(len(e), string(e)==string(out[3:]), err)
			e, err = All.Decompress(nil, b, 4, len(out)-4); fmt.Println(len(e), err)
		}
	}
}
