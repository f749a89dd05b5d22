package resolver

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Zstandard's data are frames, and frames may be put one after another.

// zstdWindow is how far back a frame may refer, in bytes. Scripts are shorter,
// and a reader needs no more memory than this.
const zstdWindow = 256 << 10

// zstdEncoder is safe for concurrent use in the one way it is used here.
var zstdEncoder = sync.OnceValue(func() *zstd.Encoder { //nolint:gochecknoglobals // it never changes
	encoder, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(zstdWindow),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true)) // the options are valid
	return encoder
})

// squeeze appends text as a frame.
func squeeze(dst, text []byte) []byte { return zstdEncoder().EncodeAll(text, dst) }

// Parts of a frame of one raw block, as RFC 8878 has them.
const (
	frameMagic    = 0xFD2FB528
	oneByteSize   = 0x20 // a single segment, whose size has one byte
	twoBytesSize  = 0x60 // and two, less 256
	lastRawBlock  = 1
	blockSizeFrom = 3 // the bit at which a block's size begins
)

// rawFrame appends a frame of uncompressed text, of less than 64 KiB.
func rawFrame(dst, text []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, frameMagic)
	if size := len(text); size < 256 { //nolint:mnd // what a byte holds
		dst = append(dst, oneByteSize, byte(size))
	} else {
		dst = binary.LittleEndian.AppendUint16(append(dst, twoBytesSize), uint16(size-256)) //nolint:gosec,mnd // see above
	}
	header := uint32(len(text))<<blockSizeFrom | lastRawBlock          //nolint:gosec // see above
	dst = append(dst, byte(header), byte(header>>8), byte(header>>16)) //nolint:gosec // byte for byte
	return append(dst, text...)
}
