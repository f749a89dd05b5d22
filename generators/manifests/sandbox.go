package manifests

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// sandbox shows kustomize the files of the repository, and nothing else. None
// can be written. A kustomization that would fetch anything is not given to it:
// kustomize fetches whatever it takes for a URL or a repository. All that it asks is
// noted with the answer: what it makes follows from that alone.
type sandbox struct {
	filesys.FileSystem // of what is not needed: an empty one, in memory

	builder *builder
	// remote says where a kustomization refers to elsewhere, once one did.
	remote *remoteReference
}

func (b *builder) newSandbox() *sandbox {
	return &sandbox{FileSystem: filesys.MakeFsInMemory(), builder: b}
}

// name is the path of a file within the repository.
func name(file string) string { return strings.TrimPrefix(path.Clean("/"+file), "/") }

func (s *sandbox) isFile(file string) bool { return s.builder.look(lookFile, name(file)) == yes }

// IsDir says whether there are files below.
func (s *sandbox) IsDir(dir string) bool { return s.builder.look(lookFolder, name(dir)) == yes }

// Exists says whether there is such a file or folder.
func (s *sandbox) Exists(file string) bool { return s.isFile(file) || s.IsDir(file) }

// ReadFile gives a file's content.
func (s *sandbox) ReadFile(file string) ([]byte, error) {
	if !s.isFile(file) {
		return nil, &fs.PathError{Op: "read", Path: name(file), Err: fs.ErrNotExist}
	}
	s.builder.look(lookContent, name(file))
	content, err := s.builder.files.Read(name(file))
	if err != nil || !slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(file)) {
		return content, err
	}
	if found := remoteIn(content); found != nil {
		s.remote = &remoteReference{file: name(file), line: found.Line, value: found.Value}
		return nil, fmt.Errorf("%s refers to %s", name(file), found.Value)
	}
	return content, nil
}

// CleanedAbs takes a path apart into folder and file.
func (s *sandbox) CleanedAbs(file string) (filesys.ConfirmedDir, string, error) {
	absolute := path.Clean("/" + file)
	switch {
	case s.IsDir(absolute):
		return filesys.ConfirmedDir(absolute), "", nil
	case s.isFile(absolute):
		return filesys.ConfirmedDir(path.Dir(absolute)), path.Base(absolute), nil
	default:
		return "", "", &fs.PathError{Op: "find", Path: name(file), Err: fs.ErrNotExist}
	}
}
