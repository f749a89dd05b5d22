package prow

import (
	"bytes"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	"sigs.k8s.io/prow/pkg/config"
)

// mainModule is where Drover is, from here.
const mainModule = "../.."

const (
	// mostFiles is how many job files Prow is given at once, where a folder can be
	// split: what it does grows faster than the number.
	mostFiles = 500
	// oneIn is how many folders there are for each that the quick form takes.
	oneIn = 20
)

// program is Drover as it now is, built once for all tests: to link it takes longer
// than Prow takes for all that it is asked here.
var program string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "drover")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "drover")
	if output, err := exec.Command("go", "build", "-C", mainModule, "-o", program, "./cmd/drover").CombinedOutput(); err != nil {
		panic(string(output))
	}
	return m.Run()
}

// drover runs a command of the program.
func drover(t *testing.T, args ...string) {
	t.Helper()
	run(t, exec.CommandContext(t.Context(), program, args...))
}

func run(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%.2000s", command, err, output)
	}
}

func copySample(t *testing.T) string {
	t.Helper()
	repo := filepath.Join(t.TempDir(), "release")
	if err := os.CopyFS(repo, os.DirFS(sampleRepo)); err != nil {
		t.Fatal(err)
	}
	return repo
}

// judge has Prow load a folder of jobs and says how many it found there. They
// must be as many as a mere look at the files finds.
func judge(t *testing.T, prowConfig, folder string) int {
	t.Helper()
	loaded, err := load(prowConfig, folder)
	if err != nil {
		t.Errorf("Prow refuses %s: %v", folder, err)
		return 0
	}
	if want := countJobs(t, folder); loaded != want || want == 0 {
		t.Errorf("Prow finds %d jobs in %s, want %d and at least one", loaded, folder, want)
	}
	return loaded
}

// load loads as Prow's programs do, and as strictly as its checkconfig does
// where it is asked to. It says how many jobs there are.
func load(prowConfig, folder string) (int, error) {
	logrus.SetOutput(io.Discard) // it tells of each default that it sets
	loaded, err := config.LoadStrict(prowConfig, folder, nil, "")
	if err != nil {
		return 0, err
	}
	found := len(loaded.Periodics)
	for _, of := range loaded.PresubmitsStatic {
		found += len(of)
	}
	for _, of := range loaded.PostsubmitsStatic {
		found += len(of)
	}
	return found, nil
}

// countJobs counts what stands where only the name of a job does.
func countJobs(t *testing.T, folder string) int {
	t.Helper()
	found := 0
	for _, file := range filesBelow(t, folder) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			field := strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(string(line), " "), "- "), " ")
			depth := len(line) - len(field)
			if strings.HasPrefix(field, "name: ") && (depth == 2 || depth == 4) {
				found++
			}
		}
	}
	return found
}

func filesBelow(t *testing.T, folder string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".yaml" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// slicesOf are the folders of orgs, or of repositories where an org has too
// many files.
func slicesOf(t *testing.T, generated string) []string {
	t.Helper()
	var folders []string
	for _, org := range foldersIn(t, generated) {
		if len(filesBelow(t, org)) <= mostFiles {
			folders = append(folders, org)
			continue
		}
		folders = append(folders, foldersIn(t, org)...)
	}
	return folders
}

func foldersIn(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, filepath.Join(folder, entry.Name()))
		}
	}
	return folders
}

// sampleOf takes some folders, by the hash of their names: the same ones each
// time.
func sampleOf(folders []string) []string {
	var some []string
	for _, folder := range folders {
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(filepath.Base(folder))) // never fails
		if hash.Sum32()%oneIn == 0 {
			some = append(some, folder)
		}
	}
	return some
}
