package resolver_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// corpus is a release repository with the answers it must give.
type corpus struct {
	registry *resolver.Registry
	// paths, configs and sums go together: the sums are of the bodies as
	// compact JSON with sorted keys.
	paths   []string
	configs []*schema.Config
	sums    []string
}

// loadCorpus reads the corpus once for all tests.
var loadCorpus = sync.OnceValues(func() (*corpus, error) {
	root := os.Getenv("DROVER_CORPUS")
	files := os.DirFS(filepath.Join(root, "release-repo", "ci-operator"))
	components, err := readComponents(files)
	if err != nil {
		return nil, err
	}
	registry, findings := resolver.NewRegistry(components)
	for _, finding := range findings {
		return nil, fmt.Errorf("the registry of the corpus is not valid: %s", finding)
	}
	c := &corpus{registry: registry}
	list, err := os.ReadFile(filepath.Join(root, "expected-resolved", "resolved.tsv"))
	if err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		c.paths = append(c.paths, fields[0])
		c.sums = append(c.sums, fields[2])
	}
	c.configs = make([]*schema.Config, len(c.paths))
	err = inParallel(len(c.paths), func(i int) error {
		c.configs[i] = &schema.Config{}
		return decode(files, path.Join("config", c.paths[i]), c.configs[i])
	})
	return c, err
})

func openCorpus(t testing.TB) *corpus {
	t.Helper()
	if os.Getenv("DROVER_CORPUS") == "" {
		t.Skip("DROVER_CORPUS is not set: it names a release repository with expected outputs")
	}
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
	own, shared := body.Pieces()
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
		return known.([]byte), nil
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

// readComponents reads a step registry below a folder.
func readComponents(files fs.FS) (resolver.Components, error) {
	var components resolver.Components
	err := fs.WalkDir(files, "step-registry", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		switch base := path.Base(name); {
		case strings.HasSuffix(base, "-ref.yaml"):
			file := schema.RefFile{}
			components.Refs = append(components.Refs, &file.Ref)
			return decodeWithScript(files, name, &file, &file.Ref.Commands)
		case strings.HasSuffix(base, "-observer.yaml"):
			file := schema.ObserverFile{}
			components.Observers = append(components.Observers, &file.Observer)
			return decodeWithScript(files, name, &file, &file.Observer.Commands)
		case strings.HasSuffix(base, "-chain.yaml"):
			file := schema.ChainFile{}
			components.Chains = append(components.Chains, &file.Chain)
			return decode(files, name, &file)
		case strings.HasSuffix(base, "-workflow.yaml"):
			file := schema.WorkflowFile{}
			components.Workflows = append(components.Workflows, &file.Workflow)
			return decode(files, name, &file)
		case base == "cluster-profiles-config.yaml":
			file := schema.ClusterProfilesFile{}
			defer func() { components.Profiles = file.ClusterProfiles }()
			return decode(files, name, &file)
		}
		return nil
	})
	return components, err
}

// decodeWithScript decodes a file, and puts the script that its field names in
// the name's place.
func decodeWithScript[T any](files fs.FS, name string, into *T, commands *string) error {
	if err := decode(files, name, into); err != nil {
		return err
	}
	script, err := fs.ReadFile(files, path.Join(path.Dir(name), *commands))
	*commands = string(script)
	return err
}

func decode(files fs.FS, name string, into any) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	for _, problem := range schema.Decode(name, data, into) {
		return fmt.Errorf("%s", problem)
	}
	return nil
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
