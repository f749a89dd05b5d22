package resolver

// encoding is how text is sent. In each, what is encoded in pieces may be put
// one after another in any order: so each fragment is compressed once, and a
// body is put together of finished pieces.
type encoding int

const (
	plain    encoding = iota
	deflated          // blocks of a gzip stream
	framed            // Zstandard frames
	encodings
)

// worthCompressing is the size in bytes from which text is compressed. Shorter
// text is sent as it is.
const worthCompressing = 128

// append appends text in the encoding.
func (e encoding) append(dst, text []byte) []byte {
	if len(text) < worthCompressing {
		return e.appendRaw(dst, text)
	}
	switch e {
	case deflated:
		return deflate(dst, text)
	case framed:
		return squeeze(dst, text)
	default:
		return append(dst, text...)
	}
}

// appendRaw appends text of less than 64 KiB as it is, in the encoding's frame.
func (e encoding) appendRaw(dst, text []byte) []byte {
	switch {
	case len(text) == 0:
		return dst
	case e == deflated:
		return storedBlock(dst, text)
	case e == framed:
		return rawFrame(dst, text)
	default:
		return append(dst, text...)
	}
}
