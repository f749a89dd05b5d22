package gitobjects

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// pack is a file of packed objects with its index.
type pack struct {
	// name is the index's path.
	name  string
	index *os.File
	data  *os.File
	// end is where the objects end in the data.
	end int64
	// count is how many objects there are, and fanout, by the first byte of an id,
	// how many are not after it.
	count  int
	fanout [256]uint32
}

// How the files of a pack are made up, in bytes.
const (
	indexHeader = 8
	indexTable  = indexHeader + 256*4
	idSize      = len(ID{})
	checksum    = 20 // of the data
)

var errDamaged = errors.New("the pack is damaged")

func damaged(what string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(what, args...))
}

// openPack opens a pack by the path of its index.
func openPack(name string) (p *pack, err error) {
	p = &pack{name: name}
	if p.index, err = os.Open(name); err != nil {
		return nil, err
	}
	if p.data, err = os.Open(strings.TrimSuffix(name, ".idx") + ".pack"); err != nil {
		return nil, errors.Join(err, p.index.Close())
	}
	if err = p.readTable(); err != nil {
		return nil, errors.Join(err, p.index.Close(), p.data.Close())
	}
	return p, nil
}

// readTable reads the head of the index, and sees that both files are as long
// as it says.
func (p *pack) readTable() error {
	var head [indexTable]byte
	if _, err := p.index.ReadAt(head[:], 0); err != nil {
		return damaged("its index cannot be read: %v", err)
	}
	if !bytes.Equal(head[:indexHeader], []byte("\377tOc\000\000\000\002")) {
		return damaged("its index is not of version 2")
	}
	for i := range p.fanout {
		p.fanout[i] = binary.BigEndian.Uint32(head[indexHeader+4*i:])
		if i > 0 && p.fanout[i] < p.fanout[i-1] {
			return damaged("its index is out of order")
		}
	}
	p.count = int(p.fanout[255])
	info, err := p.index.Stat()
	if err != nil {
		return err
	}
	if info.Size() < p.at(offsets, p.count) {
		return damaged("its index is cut short")
	}
	data, err := p.data.Stat()
	if err != nil {
		return err
	}
	p.end = data.Size() - checksum
	return nil
}

// column is one of the index's lists, which follow each other: ids, checksums
// of no interest here, offsets in the data, and offsets that are too large for
// those.
type column int

const (
	ids column = iota
	sums
	offsets
	largeOffsets
)

// at is where an element of a column stands.
func (p *pack) at(c column, i int) int64 {
	count, at := int64(p.count), int64(i)
	switch c {
	case ids:
		return indexTable + at*int64(idSize)
	case sums:
		return indexTable + count*int64(idSize) + 4*at
	case offsets:
		return indexTable + count*int64(idSize+4) + 4*at
	default:
		return indexTable + count*int64(idSize+8) + 8*at
	}
}

// fewIDs is how many ids are read at once. Among more, one after the other is
// looked at by halves.
const fewIDs = 256

// find says where in the data an object is.
func (p *pack) find(id ID) (offset int64, found bool, err error) {
	low, high := 0, int(p.fanout[id[0]])
	if id[0] > 0 {
		low = int(p.fanout[id[0]-1])
	}
	var buffer [fewIDs * len(ID{})]byte
	for high-low > fewIDs {
		middle := (low + high) / 2
		if _, err := p.index.ReadAt(buffer[:idSize], p.at(ids, middle)); err != nil {
			return 0, false, damaged("its index cannot be read: %v", err)
		}
		if bytes.Compare(buffer[:idSize], id[:]) <= 0 {
			low = middle
		} else {
			high = middle
		}
	}
	some := buffer[:(high-low)*idSize]
	if _, err := p.index.ReadAt(some, p.at(ids, low)); err != nil {
		return 0, false, damaged("its index cannot be read: %v", err)
	}
	for i := low; i < high; i++ {
		if bytes.Equal(some[:idSize], id[:]) {
			offset, err = p.offset(i)
			return offset, true, err
		}
		some = some[idSize:]
	}
	return 0, false, nil
}

// large marks an offset that stands among the large ones.
const large = 1 << 31

// offset reads where the object at a position of the index is.
func (p *pack) offset(position int) (int64, error) {
	var number [8]byte
	if _, err := p.index.ReadAt(number[:4], p.at(offsets, position)); err != nil {
		return 0, damaged("its index cannot be read: %v", err)
	}
	offset := int64(binary.BigEndian.Uint32(number[:]))
	if offset&large != 0 {
		if _, err := p.index.ReadAt(number[:], p.at(largeOffsets, int(offset&^large))); err != nil {
			return 0, damaged("its index cannot be read: %v", err)
		}
		offset = int64(binary.BigEndian.Uint64(number[:])) //nolint:gosec // what is negative is refused with the rest
	}
	if offset < 0 || offset >= p.end {
		return 0, damaged("an object is said to be beyond its end")
	}
	return offset, nil
}

// section is the data from an offset on.
func (p *pack) section(offset int64) *io.SectionReader {
	return io.NewSectionReader(p.data, offset, p.end-offset)
}
