// Writes the descriptors of all .proto files that Go modules were generated from to one file descriptor set.
//
//	go run . <set> <folder of a module>...
//
// protoc-gen-go keeps the descriptor of each file as a constant string whose name ends in _rawDesc. It is read from the
// source: nothing of the modules is compiled. Comments are not in it. A file that two modules have is taken from the first.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	var set bytes.Buffer
	seen := map[string]bool{}
	for _, module := range os.Args[2:] {
		before := len(seen)
		err := filepath.WalkDir(module, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && path != module && (entry.Name() == "testdata" || entry.Name() == "internal") {
				return filepath.SkipDir
			}
			if strings.HasSuffix(path, ".pb.go") && !strings.HasSuffix(path, "_grpc.pb.go") {
				return add(&set, seen, path)
			}
			return nil
		})
		if err != nil {
			fail(err)
		}
		fmt.Printf("%s: %d files\n", module, len(seen)-before)
	}
	if err := os.WriteFile(os.Args[1], set.Bytes(), 0o644); err != nil {
		fail(err)
	}
}

func add(set *bytes.Buffer, seen map[string]bool, path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, each := range group.Specs {
			value, ok := each.(*ast.ValueSpec)
			if !ok || len(value.Values) != 1 || !strings.HasSuffix(value.Names[0].Name, "_rawDesc") {
				continue
			}
			var descriptor bytes.Buffer
			if err := text(&descriptor, value.Values[0]); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			name := nameOf(descriptor.Bytes())
			if !seen[name] {
				seen[name] = true
				// Field 1 of FileDescriptorSet.
				set.WriteByte(0x0a)
				set.Write(binary.AppendUvarint(nil, uint64(descriptor.Len())))
				set.Write(descriptor.Bytes())
			}
		}
	}
	return nil
}

// text appends the value of string literals that are added to each other, or of a literal of bytes.
func text(to *bytes.Buffer, expression ast.Expr) error {
	switch part := expression.(type) {
	case *ast.BinaryExpr:
		if err := text(to, part.X); err != nil {
			return err
		}
		return text(to, part.Y)
	case *ast.BasicLit:
		value, err := strconv.Unquote(part.Value)
		to.WriteString(value)
		return err
	case *ast.CompositeLit:
		for _, element := range part.Elts {
			literal, ok := element.(*ast.BasicLit)
			if !ok {
				return fmt.Errorf("a byte that is no literal")
			}
			value, err := strconv.ParseUint(literal.Value, 0, 8)
			if err != nil {
				return err
			}
			to.WriteByte(byte(value))
		}
		return nil
	}
	return fmt.Errorf("a descriptor that is a %T", expression)
}

// nameOf reads field 1 of FileDescriptorProto, which protoc writes first.
func nameOf(descriptor []byte) string {
	length, size := binary.Uvarint(descriptor[1:])
	return string(descriptor[1+size : 1+size+int(length)])
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
