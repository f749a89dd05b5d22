package resolver

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"sync"
)

// A gzip stream is a header, blocks of deflated data, and a trailer with the
// checksum and size of what was deflated. Blocks that begin and end at a byte
// and refer to nothing before them may be put one after another in any order:
// so each fragment is compressed once, and a body's stream is put together of
// finished blocks.

var (
	gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}
	lastBlock  = []byte{1, 0, 0, 0xff, 0xff} // an empty stored block
)

// worthDeflating is the size in bytes from which text is compressed. Shorter
// text is stored as it is.
const worthDeflating = 128

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.DefaultCompression) // a valid level gives no error
	return w
}}

// deflate appends text as blocks that stand for themselves.
func deflate(dst, text []byte) []byte {
	if len(text) == 0 {
		return dst
	}
	if len(text) < worthDeflating {
		return store(dst, text)
	}
	buffer := bytes.NewBuffer(dst)
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(buffer)
	w.Write(text) // a buffer gives no error
	w.Flush()     // ends with an empty block, at a byte's end
	return buffer.Bytes()
}

// store appends a block of short uncompressed text.
func store(dst, text []byte) []byte {
	dst = append(dst, 0)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(text)))
	dst = binary.LittleEndian.AppendUint16(dst, ^uint16(len(text)))
	return append(dst, text...)
}

// gzipTrailer ends a stream.
func gzipTrailer(checksum uint32, size int) []byte {
	trailer := binary.LittleEndian.AppendUint32(bytes.Clone(lastBlock), checksum)
	return binary.LittleEndian.AppendUint32(trailer, uint32(size))
}

// gzipTrailerLen is the size of a trailer with the last block.
const gzipTrailerLen = 5 + 4 + 4
