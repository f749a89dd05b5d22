package resolver

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" // deflate, no time, no system
	lastBlock  = "\x01\x00\x00\xff\xff"                     // an empty stored block
)

// worthDeflating is the size in bytes from which text is compressed. Shorter
// text is stored as it is.
const worthDeflating = 128

// level is as good as gzip's usual one, and more than twice as fast.
const level = 7

var deflaters = sync.Pool{ //nolint:gochecknoglobals // what is taken from it holds nothing of its last use
	New: func() any {
		w, _ := flate.NewWriter(nil, level) // the level is valid
		return w
	},
}

// deflate appends text as blocks that stand for themselves.
func deflate(dst, text []byte) []byte {
	if len(text) < worthDeflating {
		return store(dst, text)
	}
	buffer := bytes.NewBuffer(dst)
	w, _ := deflaters.Get().(*flate.Writer) // it holds nothing else
	defer deflaters.Put(w)
	w.Reset(buffer)
	_, _ = w.Write(text) // writing to a buffer gives no error
	_ = w.Flush()        // ends with an empty block, at a byte's end
	return buffer.Bytes()
}

// store appends a block of short uncompressed text.
func store(dst, text []byte) []byte {
	size := uint16(len(text)) //nolint:gosec // it is less than worthDeflating
	dst = append(dst, 0)
	dst = binary.LittleEndian.AppendUint16(dst, size)
	dst = binary.LittleEndian.AppendUint16(dst, ^size)
	return append(dst, text...)
}

// gzipTrailer ends a stream.
func gzipTrailer(checksum uint32, size int) []byte {
	trailer := binary.LittleEndian.AppendUint32([]byte(lastBlock), checksum)
	return binary.LittleEndian.AppendUint32(trailer, uint32(size)) //nolint:gosec // gzip wants the size modulo 2^32
}

// inflater reads deflated text.
type inflater struct {
	from   bytes.Reader
	reader io.ReadCloser
}

var inflaters = sync.Pool{ //nolint:gochecknoglobals // what is taken from it holds nothing of its last use
	New: func() any { return &inflater{reader: flate.NewReader(nil)} },
}

// inflate gives the text of blocks that come to so many bytes.
func inflate(blocks []byte, size int) []byte {
	text := make([]byte, size)
	i, _ := inflaters.Get().(*inflater) // it holds nothing else
	defer inflaters.Put(i)
	i.from.Reset(blocks)
	_ = i.reader.(flate.Resetter).Reset(&i.from, nil) //nolint:forcetypeassert // the package says so
	_, _ = io.ReadFull(i.reader, text)                // these are our own blocks, in memory
	i.from.Reset(nil)
	return text
}
