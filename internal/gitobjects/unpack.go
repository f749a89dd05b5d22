package gitobjects

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/zlib"
)

// The types of objects that are stored as a difference from another, which is
// named by its distance in the pack or by its id.
const (
	distanceDelta Type = 6
	idDelta       Type = 7
)

// maxChain bounds of how many differences an object is made; Git makes at most
// this many.
const maxChain = 4096

// delta is a difference that is still to be applied.
type delta struct {
	offset int64 // where the object is that it makes
	text   []byte
}

// unpack reads the object at an offset: back along the chain of differences to
// one that is whole, or remembered, and forth again.
func (s *Store) unpack(p *pack, offset, limit int64) (Type, []byte, error) {
	var chain []delta
	for range maxChain {
		if kind, content, ok := s.bases.get(place{p, offset}); ok {
			return s.apply(p, kind, content, chain, limit)
		}
		bound := limit
		if len(chain) > 0 {
			bound = maxBase
		}
		head, content, err := p.entry(offset, bound)
		if err != nil {
			return 0, nil, err
		}
		switch head.kind {
		case Commit, Tree, Blob, Tag:
			s.bases.put(place{p, offset}, head.kind, content)
			return s.apply(p, head.kind, content, chain, limit)
		case distanceDelta:
			chain = append(chain, delta{offset, content})
			offset -= head.distance
		case idDelta:
			chain = append(chain, delta{offset, content})
			base, found, err := p.find(head.base)
			if err != nil {
				return 0, nil, err
			}
			if !found { // only a pack in transit leaves out what it builds on
				return 0, nil, damaged("an object is a difference from one that is not there")
			}
			offset = base
		default:
			return 0, nil, damaged("an object has the unknown %s", head.kind)
		}
	}
	return 0, nil, damaged("an object is made of more than %d differences", maxChain)
}

// apply applies differences, the last of the chain first.
func (s *Store) apply(p *pack, kind Type, content []byte, chain []delta, limit int64) (Type, []byte, error) {
	for i, difference := range slices.Backward(chain) {
		bound := int64(maxBase)
		if i == 0 {
			bound = limit
		}
		made, err := patch(content, difference.text, bound)
		if err != nil {
			return 0, nil, err
		}
		s.bases.put(place{p, difference.offset}, kind, made)
		content = made
	}
	if int64(len(content)) > limit {
		return 0, nil, &TooLargeError{int64(len(content))}
	}
	return kind, content, nil
}

// head is what stands before an object's compressed content.
type head struct {
	kind Type
	// size is that of the content, or of the difference.
	size int64
	// distance and base name what a difference is from.
	distance int64
	base     ID
}

// inflater reads compressed content. Making one is dear, so they are used again.
type inflater struct {
	buffered *bufio.Reader
	inflate  io.ReadCloser
}

//nolint:gochecknoglobals // memory without content
var inflaters = sync.Pool{New: func() any { return &inflater{buffered: bufio.NewReaderSize(nil, 8<<10)} }}

// content inflates exactly so many bytes.
func (f *inflater) content(size int64) ([]byte, error) {
	if err := f.begin(); err != nil {
		return nil, err
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(f.inflate, content); err != nil {
		return nil, err
	}
	return content, f.atEnd()
}

// begin goes on with what comes next in the buffer.
func (f *inflater) begin() (err error) {
	if f.inflate == nil {
		f.inflate, err = zlib.NewReader(f.buffered)
		return err
	}
	resetter, ok := f.inflate.(zlib.Resetter)
	if !ok {
		return errors.ErrUnsupported
	}
	return resetter.Reset(f.buffered, nil)
}

// atEnd sees that nothing follows, which has the checksum looked at.
func (f *inflater) atEnd() error {
	var more [1]byte
	n, err := f.inflate.Read(more[:])
	switch {
	case n > 0:
		return errors.New("there is more content than is said")
	case err == nil:
		return io.ErrNoProgress
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// entry reads the object at an offset as it is stored, unless it is whole and
// larger than the limit.
func (p *pack) entry(offset, limit int64) (head, []byte, error) {
	inflater, _ := inflaters.Get().(*inflater)
	defer inflaters.Put(inflater)
	inflater.buffered.Reset(p.section(offset))
	found, err := readHead(inflater.buffered)
	if err != nil {
		return head{}, nil, damaged("an object cannot be read: %v", err)
	}
	if found.distance < 0 || found.distance >= offset && found.kind == distanceDelta {
		return head{}, nil, damaged("an object is a difference from what is not in the pack")
	}
	if found.size > maxBase || found.size > limit && found.kind < distanceDelta {
		return head{}, nil, &TooLargeError{found.size}
	}
	content, err := inflater.content(found.size)
	if err != nil {
		return head{}, nil, damaged("an object cannot be read: %v", err)
	}
	return found, content, nil
}

// maxBase is how large a content may be that another builds on, in bytes,
// however little is made of it.
const maxBase = 256 << 20

// readHead reads type and size, the latter in groups of seven bits, and for a
// difference what it is from.
func readHead(r *bufio.Reader) (head, error) {
	first, err := r.ReadByte()
	if err != nil {
		return head{}, err
	}
	found := head{kind: Type(first >> 4 & 7), size: int64(first & 15)}
	for shift := 4; first&0x80 != 0; shift += 7 {
		if first, err = r.ReadByte(); err != nil {
			return head{}, err
		}
		if shift > 56 {
			return head{}, errors.New("its size is out of bounds")
		}
		found.size |= int64(first&0x7f) << shift
	}
	switch found.kind {
	case distanceDelta:
		found.distance, err = readDistance(r)
	case idDelta:
		_, err = io.ReadFull(r, found.base[:])
	default:
	}
	return found, err
}

// readDistance reads a number as distances are written: each further byte
// counts on from where the shorter numbers end.
func readDistance(r *bufio.Reader) (int64, error) {
	next, err := r.ReadByte()
	distance := int64(next & 0x7f)
	for err == nil && next&0x80 != 0 {
		if distance >= 1<<55 {
			return 0, errors.New("its distance is out of bounds")
		}
		next, err = r.ReadByte()
		distance = (distance+1)<<7 | int64(next&0x7f)
	}
	return distance, err
}
