package schema

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/schema/internal/shape"
)

// soak makes the differential test judge the whole corpus, and 20,000 mutations
// of it; without it a sample of both.
const soak = "DROVER_SOAK"

// TestTheTablesSayWhatCUESays judges files of the corpus, and mutations of
// them, both by the compiled tables and by CUE itself. What @format and @max say
// goes beyond CUE: of files with such problems alone nothing is compared.
func TestTheTablesSayWhatCUESays(t *testing.T) {
	root := corpus.Dir(t, "release-repo")
	files := configFiles(t, root)
	random := rand.New(rand.NewPCG(3, 2)) // repeatable on purpose
	random.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	plain, mutations := 150, 600
	if os.Getenv(soak) != "" {
		plain, mutations = len(files), 20_000
	}
	judge := newCUEJudge(t)
	for i := range min(plain, len(files)) {
		judge.compare(t, files[i], readFile(t, files[i]))
	}
	for i := range mutations {
		file := files[i%len(files)]
		judge.compare(t, file, mutate(t, readFile(t, file), random))
	}
	t.Logf("%d verdicts alike, %d of them that all is well; %d beyond CUE", judge.alike, judge.fine, judge.beyond)
	if judge.fine == 0 || judge.fine == judge.alike {
		t.Error("all verdicts were the same, which proves nothing")
	}
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// configFiles are the files of the corpus whose kinds have Go types.
func configFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(root, "ci-operator"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && definitionOf(path) != "" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 11_000 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return files
}

func definitionOf(path string) string {
	kinds := map[string]string{
		"-ref.yaml": "RefFile", "-chain.yaml": "ChainFile", "-workflow.yaml": "WorkflowFile", "-observer.yaml": "ObserverFile",
		"-config.yaml": "ClusterProfilesFile", ".metadata.json": "RegistryMetadata",
	}
	if strings.Contains(path, "ci-operator/config/") {
		return "Config"
	}
	for suffix, definition := range kinds {
		if strings.HasSuffix(path, suffix) {
			return definition
		}
	}
	return ""
}

// cueJudge asks CUE. It asks for each test and step by itself and for the rest
// without them, because a constraint on a test has CUE evaluate all that is in
// it, once for each alternative: a whole configuration takes seconds and
// gigabytes. That is the same verdict, since [...#Test] asks of each item alone
// what #Test says; TestPartsAreJudgedAsTheWhole holds it against the whole.
// What was judged before is remembered: mutations leave most parts as they were.
type cueJudge struct {
	context             *cue.Context
	schema              cue.Value
	used                int
	known               map[string]bool
	alike, fine, beyond int
}

// part is a value to be judged by a definition.
type part struct {
	definition string
	value      any
}

func newCUEJudge(t *testing.T) *cueJudge {
	t.Helper()
	j := &cueJudge{known: map[string]bool{}}
	j.renew(t)
	return j
}

// renew makes CUE's context anew: it keeps all that it evaluated.
func (j *cueJudge) renew(t *testing.T) {
	t.Helper()
	j.context = cuecontext.New()
	j.schema = j.context.BuildInstance(load.Instances([]string{"."}, nil)[0])
	if err := j.schema.Err(); err != nil {
		t.Fatal(err)
	}
	j.used = 0
}

func (j *cueJudge) compare(t *testing.T, file string, data []byte) {
	t.Helper()
	name := definitionOf(file)
	problems := Check(file, data, Definition(name))
	if slices.ContainsFunc(problems, notOfCUE) {
		j.beyond++ // not YAML, a key given twice, an older form: CUE sees no such thing
		return
	}
	fine := true
	for _, each := range partsOf(t, file, data, name) {
		fine = j.allows(t, each) && fine
	}
	switch {
	case fine == (len(problems) == 0):
		j.alike++
		if fine {
			j.fine++
		}
	case fine && !slices.ContainsFunc(problems, func(p Problem) bool { return !beyondCUE(p) }):
		j.beyond++
	default:
		t.Errorf("%s: CUE says it is fine: %t; the tables say %v:\n%s", file, fine, problems, data)
	}
}

// partsOf are the parts of a document, itself the last of them.
func partsOf(t *testing.T, file string, data []byte, name string) []part {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	r := &reader{apart: true}
	whole := r.asRead(document.Content[0], &shape.Shape{Kind: shape.Ref, Name: name})
	return append(r.parts, part{name, whole})
}

// allows says whether CUE does.
func (j *cueJudge) allows(t *testing.T, p part) bool {
	t.Helper()
	text, err := json.Marshal(p.value)
	if err != nil {
		t.Fatal(err)
	}
	key := p.definition + string(text)
	fine, judged := j.known[key]
	if judged {
		return fine
	}
	if j.used++; j.used > 300 {
		j.renew(t)
	}
	definition := j.schema.LookupPath(cue.ParsePath("#" + p.definition))
	fine = definition.Unify(j.context.Encode(p.value)).Validate(cue.Concrete(true)) == nil
	j.known[key] = fine
	return fine
}

// TestPartsAreJudgedAsTheWhole compares CUE's verdict of whole files with that
// of their parts.
func TestPartsAreJudgedAsTheWhole(t *testing.T) {
	root := corpus.Dir(t, "release-repo")
	random := rand.New(rand.NewPCG(5, 7)) // repeatable on purpose
	files := configFiles(t, root)
	random.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	j, compared, fine := newCUEJudge(t), 0, 0
	for _, file := range files {
		data := readFile(t, file)
		if len(data) > 2_000 { // larger ones take seconds
			continue
		}
		data = mutate(t, data, random)
		name := definitionOf(file)
		if slices.ContainsFunc(Check(file, data, Definition(name)), notOfCUE) {
			continue
		}
		var document yaml.Node
		if err := yaml.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		whole := j.allows(t, part{name, new(reader).asRead(document.Content[0], &shape.Shape{Kind: shape.Ref, Name: name})})
		inParts := true
		for _, each := range partsOf(t, file, data, name) {
			inParts = j.allows(t, each) && inParts
		}
		if whole != inParts {
			t.Errorf("%s: as a whole %t, in parts %t:\n%s", file, whole, inParts, data)
		}
		if whole {
			fine++
		}
		if compared++; compared == 100 {
			break
		}
	}
	if fine == 0 || fine == compared {
		t.Errorf("%d of %d were fine, which proves nothing", fine, compared)
	}
}

func notOfCUE(p Problem) bool {
	return slices.Contains([]string{RuleSyntax, RuleDuplicateField, RuleAliases, RuleDeprecated, RuleRemoved}, p.Rule)
}

// beyondCUE says whether a problem is of what attributes say: the order within
// a range of a cron expression, or the bound of a duration.
func beyondCUE(p Problem) bool {
	return strings.Contains(p.Message, "five fields for minute") || strings.Contains(p.Message, "the duration is ")
}

// reader reads documents for CUE, tests and steps apart where it is to.
type reader struct {
	apart bool
	parts []part
}

// asRead is a document as the decoder reads it: without what is null, and with
// scalars as text where text is expected.
func (r *reader) asRead(node *yaml.Node, s *shape.Shape) any {
	node = follow(node)
	s = shapes().Deref(s)
	if s.Kind == shape.Union && node.Kind != yaml.ScalarNode {
		s = memberFor(node, s)
	}
	switch node.Kind {
	case yaml.MappingNode:
		return r.mappingAsRead(node, s)
	case yaml.SequenceNode:
		elem := &shape.Shape{Kind: shape.Any}
		if s.Kind == shape.List {
			elem = s.Elem
		}
		list := []any{}
		for _, item := range node.Content {
			item = follow(item)
			switch apart := r.apart && slices.Contains([]string{"Test", "TestStep", "LiteralTestStep"}, elem.Name); {
			case isNull(item):
			case apart && item.Kind == yaml.MappingNode:
				r.parts = append(r.parts, part{elem.Name, r.asRead(item, elem)})
			default:
				list = append(list, r.asRead(item, elem))
			}
		}
		return list
	default:
		return scalarAsRead(node, s)
	}
}

func (r *reader) mappingAsRead(node *yaml.Node, s *shape.Shape) any {
	values := map[string]any{}
	d := &decoder{}
	d.pairs(node, nil, func(key, value *yaml.Node) {
		name, elem := key.Value, &shape.Shape{Kind: shape.Any}
		if s.Kind == shape.Map {
			name, elem = scalarText(key), s.Elem
		}
		for _, field := range s.Fields {
			if field.Name == name {
				elem = field.Shape
			}
		}
		known := s.Kind != shape.Struct || s.Open || slices.ContainsFunc(s.Fields, func(f shape.Field) bool { return f.Name == name })
		switch {
		case !known:
			values[name] = "unknown" // whatever it is, null too
		case !isNull(follow(value)):
			values[name] = r.asRead(value, elem)
		}
	})
	return values
}

func scalarAsRead(node *yaml.Node, s *shape.Shape) any {
	kind, text := resolveScalar(node)
	if s.Kind == shape.Union {
		s = scalarMember(kind, s)
	}
	if s.Kind == shape.String {
		return text
	}
	switch kind {
	case boolScalar:
		return text == "true"
	case intScalar, floatScalar:
		var number any
		if yaml.Unmarshal([]byte(text), &number) == nil {
			return number
		}
	default:
	}
	return text
}

// mutate changes one value or key of a document.
func mutate(t *testing.T, data []byte, random *rand.Rand) []byte {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return data // no YAML as it is: something else that is named like a file of ours
	}
	var mappings, scalars []*yaml.Node
	var walk func(node *yaml.Node)
	walk = func(node *yaml.Node) {
		if node.Kind == yaml.MappingNode && len(node.Content) > 0 {
			mappings = append(mappings, node)
		}
		for i, child := range node.Content {
			if isKey := node.Kind == yaml.MappingNode && i%2 == 0; child.Kind == yaml.ScalarNode && !isKey {
				scalars = append(scalars, child)
			}
			walk(child)
		}
	}
	walk(&document)
	if len(mappings) == 0 || len(scalars) == 0 {
		return data // an empty file
	}
	change(mappings, scalars, random)
	changed, err := yaml.Marshal(&document)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// change drops, renames, swaps, retypes or doubles a key, or breaks a value.
func change(mappings, scalars []*yaml.Node, random *rand.Rand) {
	mapping := mappings[random.IntN(len(mappings))]
	at := random.IntN(len(mapping.Content)/2) * 2
	switch random.IntN(7) {
	case 0:
		mapping.Content = slices.Delete(mapping.Content, at, at+2)
	case 1:
		key := *mapping.Content[at]
		key.Value += "s"
		mapping.Content[at] = &key
	case 2:
		other := random.IntN(len(mapping.Content)/2) * 2
		mapping.Content[at+1], mapping.Content[other+1] = mapping.Content[other+1], mapping.Content[at+1]
	case 3:
		mapping.Content[at+1] = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "x"}}}
	case 4:
		mapping.Content = append(mapping.Content, mapping.Content[at], mapping.Content[at+1])
	case 5: // a field of another place, which may fit here or exclude others
		from := mappings[random.IntN(len(mappings))]
		taken := random.IntN(len(from.Content)/2) * 2
		mapping.Content = append(mapping.Content, copyOf(from.Content[taken]), copyOf(from.Content[taken+1]))
	default:
		values := []string{"", "true", "-1", "3.5", "a(", "@daily", "9 9 9 9", "72h", "100h", "/a", "~", "1Gi", "no such thing"}
		scalar := scalars[random.IntN(len(scalars))]
		scalar.Value, scalar.Tag, scalar.Style = values[random.IntN(len(values))], "", 0
	}
}

// copyOf keeps a mapping that is put into itself from having no end.
func copyOf(node *yaml.Node) *yaml.Node {
	made := *node
	made.Content = nil
	for _, child := range node.Content {
		made.Content = append(made.Content, copyOf(child))
	}
	return &made
}
