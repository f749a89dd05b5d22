package resolver_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	testcorpus "github.com/drover-ci/drover/internal/corpus"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// corpus is a release repository with the answers it must give.
type corpus struct {
	components resolver.Components
	registry   *resolver.Registry
	// paths, configs and sums go together: the sums are of the bodies as
	// compact JSON with sorted keys.
	paths   []string
	configs []*schema.Config
	sums    []string
}

// loadCorpus reads the corpus once for all tests.
var loadCorpus = sync.OnceValues(func() (*corpus, error) {
	root := os.Getenv(testcorpus.Variable)
	tree, closeTree, err := repolayout.OpenFolder(filepath.Join(root, "release-repo"))
	if err != nil {
		return nil, err
	}
	repo, err := repolayout.Load(context.Background(), tree, nil)
	if err = errors.Join(err, closeTree()); err != nil {
		return nil, err
	}
	c := &corpus{components: componentsIn(repo)}
	if c.registry, err = registryIn(repo); err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(root, "expected-resolved", "resolved.tsv"))
	if err != nil {
		return nil, err
	}
	byPath := map[string]*schema.Config{}
	for doc := range repo.Configs.All() {
		byPath[doc.Value.Metadata.Path()] = doc.Value
	}
	for line := range strings.Lines(string(list)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		c.paths = append(c.paths, fields[0])
		c.sums = append(c.sums, fields[2])
		c.configs = append(c.configs, byPath[fields[0]])
	}
	return c, nil
})

// componentsIn are those that a repository's registry is made of.
func componentsIn(repo *repolayout.Repo) resolver.Components {
	return resolver.Components{
		Refs:      values(repo.Refs),
		Chains:    values(repo.Chains),
		Workflows: values(repo.Workflows),
		Observers: values(repo.Observers),
		Profiles:  repo.Profiles.Value.ClusterProfiles,
	}
}

// registryIn builds a repository's registry, which must be in order.
func registryIn(repo *repolayout.Repo) (*resolver.Registry, error) {
	r, findings := resolver.NewRegistry(componentsIn(repo))
	if len(findings) > 0 {
		return nil, fmt.Errorf("the registry is not in order: %s", findings[0])
	}
	return r, nil
}

func values[T any](docs []*repolayout.Doc[T]) []*T {
	all := make([]*T, len(docs))
	for i, doc := range docs {
		all[i] = doc.Value
	}
	return all
}

func openCorpus(t testing.TB) *corpus {
	t.Helper()
	testcorpus.Dir(t)
	c, err := loadCorpus()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCorpusBodies(t *testing.T) {
	c := openCorpus(t)
	differences := make([]string, len(c.configs))
	var canonical canonicalizer
	err := inParallel(len(c.configs), func(i int) error {
		resolved, findings := c.registry.Resolve(c.configs[i])
		if len(findings) > 0 {
			differences[i] = findings[0].String()
			return nil
		}
		body, err := resolved.Body()
		if err != nil {
			return err
		}
		sum, err := canonical.sum(body)
		if sum != c.sums[i] {
			differences[i] = "the body differs"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	different := 0
	for i, difference := range differences {
		if difference == "" {
			continue
		}
		if different++; different <= 10 {
			t.Errorf("%s: %s", c.paths[i], difference)
		}
	}
	t.Logf("%d of %d bodies are equal", len(c.configs)-different, len(c.configs))
}

// canonicalizer takes the sums of bodies as compact JSON with sorted keys. The
// canonical form of a shared piece is made once.
type canonicalizer struct {
	shared sync.Map // from the piece to its canonical form
}

func (c *canonicalizer) sum(body *resolver.Body) (string, error) {
	own, shared := body.Parts()
	text, err := canonicalJSON(numberMarks(own))
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for i, part := range strings.Split(string(text), `"\u0000`) {
		if i == 0 {
			hash.Write([]byte(part))
			continue
		}
		number, rest, _ := strings.Cut(part, `"`)
		position, err := strconv.Atoi(number)
		if err != nil {
			return "", err
		}
		piece, err := c.piece(shared[position])
		if err != nil {
			return "", err
		}
		hash.Write(piece)
		hash.Write([]byte(rest))
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (c *canonicalizer) piece(piece *resolver.Piece) ([]byte, error) {
	if known, ok := c.shared.Load(piece); ok {
		canonical, _ := known.([]byte)
		return canonical, nil
	}
	canonical, err := canonicalJSON(piece.Text())
	c.shared.Store(piece, canonical)
	return canonical, err
}

// numberMarks joins a body's own pieces; in the place of the shared one with
// number n stands a string of a zero byte and the number.
func numberMarks(own [][]byte) []byte {
	var text []byte
	for i, piece := range own {
		if i > 0 {
			text = fmt.Appendf(text, `"\u0000%d"`, i-1)
		}
		text = append(text, piece...)
	}
	return text
}

func canonicalJSON(text []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	encoder := json.NewEncoder(&compact)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return plainSeparators(bytes.TrimSuffix(compact.Bytes(), []byte("\n"))), err
}

// plainSeparators undoes the one escaping that Go's encoder insists on.
func plainSeparators(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte(`\u2028`), []byte("\u2028"))
	return bytes.ReplaceAll(text, []byte(`\u2029`), []byte("\u2029"))
}

// inParallel calls the function for each number below n and gives the first
// error by number.
func inParallel(n int, do func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := worker; i < n; i += runtime.GOMAXPROCS(0) {
				errs[i] = do(i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
