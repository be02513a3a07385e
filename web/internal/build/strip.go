package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// strip removes from a Go program for js/wasm what only a traceback prints:
// names of functions and files, line numbers, inlining trees, and what the
// traceback shows of arguments. It is a quarter of the program as it travels,
// and a page cannot show a traceback to anybody. What the runtime needs to run
// stays: the sizes of frames and the maps of pointers on the stack.
//
// The linker's -s -w leave these tables in. Their layout is that of
// runtime/symtab.go and runtime/runtime2.go of Go 1.20 to 1.26: pcHeader,
// moduledata, _func. Nothing moves; what is not needed becomes zeros, and the
// zeros are left out of the data segments. A layout that is not this one is an
// error, and the program is as it was.
func strip(module []byte) ([]byte, error) {
	sections, err := sectionsOf(module)
	if err != nil {
		return nil, err
	}
	memory, err := memoryOf(sections)
	if err != nil {
		return nil, err
	}
	t, err := findTables(memory)
	if err != nil {
		return nil, err
	}
	if err := t.strip(); err != nil {
		return nil, err
	}
	out := slices.Clone(module[:wasmHeaderBytes])
	for _, s := range sections {
		if s.id == dataSection {
			s.body = segments(memory)
		}
		out = append(out, s.id)
		out = binary.AppendUvarint(out, uint64(len(s.body)))
		out = append(out, s.body...)
	}
	return out, nil
}

const (
	wasmHeaderBytes = 8
	dataSection     = 11
	opI32Const      = 0x41
	opEnd           = 0x0b
	maxMemoryBytes  = 1 << 28
)

var (
	errModule = errors.New("this is no wasm module as Go's linker writes them")
	errTables = errors.New("this Go lays out its tables in a way that is not known here")
)

// A section of a wasm module.
type section struct {
	id   byte
	body []byte
}

func sectionsOf(module []byte) (all []section, err error) {
	if len(module) < wasmHeaderBytes || string(module[:4]) != "\x00asm" {
		return nil, errModule
	}
	for b := module[wasmHeaderBytes:]; len(b) > 0; {
		size, n := binary.Uvarint(b[1:])
		if n <= 0 || size > uint64(len(b)-1-n) {
			return nil, errModule
		}
		all = append(all, section{b[0], b[1+n : 1+n+int(size)]})
		b = b[1+n+int(size):]
	}
	return all, nil
}

// memoryOf is the memory as the data segments fill it, in one piece.
func memoryOf(sections []section) (memory []byte, err error) {
	for _, s := range sections {
		if s.id != dataSection {
			continue
		}
		count, n := binary.Uvarint(s.body)
		b := s.body[max(n, 0):]
		for range count {
			if len(b) < 2 || b[0] != 0 || b[1] != opI32Const {
				return nil, errModule
			}
			at, n := signedLEB(b[2:])
			b = b[2+n:]
			if n == 0 || len(b) == 0 || b[0] != opEnd || at < 0 {
				return nil, errModule
			}
			size, k := binary.Uvarint(b[1:])
			if k <= 0 || size > uint64(len(b)-1-k) || uint64(at)+size > maxMemoryBytes {
				return nil, errModule
			}
			b = b[1+k:]
			if grown := at + int(size); grown > len(memory) {
				memory = append(memory, make([]byte, grown-len(memory))...)
			}
			copy(memory[at:], b[:size])
			b = b[size:]
		}
	}
	return memory, nil
}

// zerosWorthASegment is how many zero bytes in a row are left out by beginning
// a new segment. A segment costs some 8 bytes that pack badly; zeros pack well.
const zerosWorthASegment = 64

// segments writes memory as a data section.
func segments(memory []byte) []byte {
	var body []byte
	count := 0
	for at := 0; ; {
		for at < len(memory) && memory[at] == 0 {
			at++
		}
		if at == len(memory) {
			break
		}
		end := len(memory)
		if i := bytes.Index(memory[at:], make([]byte, zerosWorthASegment)); i >= 0 {
			end = at + i
		}
		body = append(body, 0, opI32Const)
		body = appendSignedLEB(body, at)
		body = append(body, opEnd)
		body = binary.AppendUvarint(body, uint64(end-at))
		body = append(body, memory[at:end]...)
		count++
		at = end
	}
	return append(binary.AppendUvarint(nil, uint64(count)), body...)
}

// signedLEB reads the form in which wasm writes constants; n is 0 if it cannot.
func signedLEB(b []byte) (v, n int) {
	for shift := uint(0); n < len(b) && shift < 35; shift += 7 {
		c := b[n]
		n++
		v |= int(c&0x7f) << shift
		if c < 0x80 {
			if c&0x40 != 0 {
				v -= 1 << (shift + 7)
			}
			return v, n
		}
	}
	return 0, 0
}

func appendSignedLEB(dst []byte, v int) []byte {
	for v >= 0x40 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

// tables are the runtime's tables on functions, as offsets in memory.
type tables struct {
	memory                                    []byte
	names, units, files, pcs, funcs, funcData int
	count                                     int // of functions
}

// pcHeader and moduledata, by the fields that are used here: pointers and
// counts are 8 bytes, as GOARCH=wasm has it.
const (
	headerMagic      = "\xf1\xff\xff\xff\x00\x00\x01\x08" // version, padding, PCs count in ones, pointers have 8 bytes
	headerCount      = 8                                  // functions
	headerOffsets    = 32                                 // of names, units, files, pcs and funcs from the header
	moduleFuncData   = 8 + 6*24 + 8 + 7*16 + 3*8 + 2*8 + 8
	moduleMinBytes   = moduleFuncData + 8
	maxFunctionCount = 1 << 20
)

// findTables finds the header by its magic number, and the module's data by
// their pointers to it.
func findTables(memory []byte) (*tables, error) {
	header := bytes.Index(memory, []byte(headerMagic))
	if header < 0 || header+headerOffsets+5*8 > len(memory) {
		return nil, errTables
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint64(memory[at:])) }
	t := &tables{memory: memory, count: word(header + headerCount)}
	places := []*int{&t.names, &t.units, &t.files, &t.pcs, &t.funcs}
	last := header
	for i, p := range places {
		*p = header + word(header+headerOffsets+8*i)
		if *p <= last || *p > len(memory) {
			return nil, errTables
		}
		last = *p
	}
	pointers := binary.LittleEndian.AppendUint64(nil, uint64(header))
	pointers = binary.LittleEndian.AppendUint64(pointers, uint64(t.names))
	module := bytes.Index(memory, pointers)
	if module < 0 || module+moduleMinBytes > len(memory) || t.count <= 0 || t.count > maxFunctionCount || t.funcs+8*t.count > len(memory) {
		return nil, errTables
	}
	t.funcData = word(module + moduleFuncData)
	if t.funcData <= 0 || t.funcData >= len(memory) {
		return nil, errTables
	}
	return t, nil
}

// _func: its fields are 4 bytes each, then come pcdata and funcdata.
const (
	funcName      = 4
	funcPCSP      = 16 // size of the frame
	funcPCFile    = 20
	funcPCLine    = 24
	funcPCCount   = 28
	funcUnit      = 32
	funcStartLine = 36
	funcDataCount = 43 // one byte
	funcBytes     = 44

	noFuncData = 1<<32 - 1
)

// What the runtime reads while it runs, by the indexes of internal/abi.
const (
	keptPCData   = 1 << 1                           // StackMapIndex
	keptFuncData = 1<<0 | 1<<1 | 1<<2 | 1<<4 | 1<<7 // ArgsPointerMaps, LocalsPointerMaps, StackObjects, OpenCodedDeferInfo, WrapInfo
)

func (t *tables) strip() error {
	m := t.memory
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(m[at:])) }
	set := func(at, v int) { binary.LittleEndian.PutUint32(m[at:], uint32(v)) }
	kept := make([]bool, t.funcs-t.pcs) // bytes of the pc tables that stay
	keepTable := func(off int) error {
		end := t.tableEnd(off)
		if off > 0 && end < 0 {
			return errTables
		}
		for i := off; off > 0 && i < end; i++ {
			kept[i] = true
		}
		return nil
	}
	blobs := map[int]bool{} // functions' data by offset: whether it stays
	for i := range t.count {
		f := t.funcs + u32(t.funcs+8*i+4)
		if f+funcBytes > len(m) {
			return errTables
		}
		pcCount, dataCount := u32(f+funcPCCount), int(m[f+funcDataCount])
		if bits.Len(uint(pcCount)) > 8 || f+funcBytes+4*(pcCount+dataCount) > len(m) {
			return errTables
		}
		if err := keepTable(u32(f + funcPCSP)); err != nil {
			return err
		}
		for _, field := range []int{funcName, funcPCFile, funcPCLine, funcUnit, funcStartLine} {
			set(f+field, 0)
		}
		for k := range pcCount {
			at := f + funcBytes + 4*k
			if keptPCData>>k&1 == 0 {
				set(at, 0)
			} else if err := keepTable(u32(at)); err != nil {
				return err
			}
		}
		for k := range dataCount {
			at := f + funcBytes + 4*(pcCount+k)
			off := u32(at)
			if off == noFuncData {
				continue
			}
			stays := keptFuncData>>k&1 == 1
			blobs[off] = blobs[off] || stays
			if !stays {
				set(at, noFuncData)
			}
		}
	}
	clear(m[t.names:t.pcs])
	for i, stays := range kept {
		if !stays {
			m[t.pcs+i] = 0
		}
	}
	return t.clearBlobs(blobs)
}

// clearBlobs clears the data that no function keeps. A blob ends where the
// next begins; where the last one ends is not known, so that it stays.
func (t *tables) clearBlobs(blobs map[int]bool) error {
	offs := make([]int, 0, len(blobs))
	for off := range blobs {
		offs = append(offs, off)
	}
	slices.Sort(offs)
	for i := 0; i+1 < len(offs); i++ {
		if t.funcData+offs[i+1] > len(t.memory) {
			return errTables
		}
		if !blobs[offs[i]] {
			clear(t.memory[t.funcData+offs[i] : t.funcData+offs[i+1]])
		}
	}
	return nil
}

// tableEnd finds where the pc table at an offset ends: pairs of a value's and
// a PC's difference as varints, until a value's difference of zero that is not
// the first. It is −1 for a table that runs over.
func (t *tables) tableEnd(off int) int {
	b := t.memory[t.pcs:t.funcs]
	for first := true; ; first = false {
		if off < 0 || off >= len(b) {
			return -1
		}
		value, n := binary.Uvarint(b[off:])
		if n <= 0 {
			return -1
		}
		off += n
		if value == 0 && !first {
			return off
		}
		if _, n = binary.Uvarint(b[off:]); n <= 0 {
			return -1
		}
		off += n
	}
}
