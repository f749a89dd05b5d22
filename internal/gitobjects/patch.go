package gitobjects

import (
	"encoding/binary"
	"math"
)

// patch makes an object out of another and the difference between them: pieces
// to copy and pieces of new text. One larger than the limit is not made.
func patch(base, difference []byte, limit int64) ([]byte, error) {
	from, rest, ok := number(difference)
	if !ok || from != uint64(len(base)) {
		return nil, damaged("a difference is from another object")
	}
	size, rest, ok := number(rest)
	switch {
	case !ok:
		return nil, damaged("a difference is cut short")
	case size > uint64(limit): //nolint:gosec // limits are not negative
		return nil, &TooLargeError{int64(min(size, math.MaxInt64))}
	}
	made := make([]byte, 0, size)
	for len(rest) > 0 {
		var piece []byte
		if piece, rest, ok = next(base, rest); !ok || uint64(len(made)+len(piece)) > size {
			return nil, damaged("a difference makes no object")
		}
		made = append(made, piece...)
	}
	if uint64(len(made)) != size {
		return nil, damaged("a difference is cut short")
	}
	return made, nil
}

// number reads a number in groups of seven bits, the lowest first.
func number(text []byte) (value uint64, rest []byte, ok bool) {
	value, length := binary.Uvarint(text)
	if length <= 0 {
		return 0, nil, false
	}
	return value, text[length:], true
}

// next gives the piece that the first instruction of a difference stands for,
// and the further ones.
func next(base, difference []byte) (piece, rest []byte, ok bool) {
	order := difference[0]
	difference = difference[1:]
	if order&0x80 == 0 { // so many bytes of new text
		if order == 0 || int(order) > len(difference) {
			return nil, nil, false
		}
		return difference[:order], difference[order:], true
	}
	var start, length int
	for i := range 7 { // each bit says whether a byte of the two numbers is there
		if order&(1<<i) == 0 {
			continue
		}
		if len(difference) == 0 {
			return nil, nil, false
		}
		if i < 4 {
			start |= int(difference[0]) << (8 * i)
		} else {
			length |= int(difference[0]) << (8 * (i - 4))
		}
		difference = difference[1:]
	}
	if length == 0 {
		length = 0x10000
	}
	if start > len(base) || length > len(base)-start {
		return nil, nil, false
	}
	return base[start : start+length], difference, true
}
