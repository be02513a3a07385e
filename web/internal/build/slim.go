package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// slim writes copies of some files of the standard library into a folder, with
// less in them (cuts.go says what and why), and returns the flags by which go
// build takes them. Of an empty program two thirds is a runtime with an
// execution tracer, profilers, a printer of stacks and a debugger's checks; a
// page can start none of them, and the linker cannot know that.
//
// The cuts are made in the source, so that compiler and linker find by
// themselves what is then used by nobody. They were chosen by reading the
// source of one release of Go, and are made in that release only: any other
// links the library as it is, which gives a larger program that works as well.
func slim(dir string) (flags []string, err error) {
	version, err := goCommand("env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	if v := strings.TrimSpace(version); v != slimGo && !strings.HasPrefix(v, slimGo+".") {
		return nil, fmt.Errorf("%s is not %s, whose standard library is known here", v, slimGo)
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for _, s := range slimmed {
		list, err := goCommand("list", "-f", `{{range .GoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}`, s.pkg)
		if err != nil {
			return nil, err
		}
		wanted := s.wanted()
		for _, file := range strings.Split(strings.TrimSpace(list), "\n") {
			src, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			less, err := s.edit(src, path.Base(file), wanted)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if bytes.Equal(less, src) {
				continue
			}
			to := filepath.Join(dir, strings.ReplaceAll(s.pkg, "/", "_")+"_"+path.Base(file))
			if err := os.WriteFile(to, less, 0o644); err != nil {
				return nil, err
			}
			overlay.Replace[filepath.FromSlash(file)] = to
		}
		for name := range wanted {
			return nil, fmt.Errorf("package %s has no %s", s.pkg, name)
		}
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "overlay.json")
	return []string{"-overlay", file}, os.WriteFile(file, b, 0o644)
}

// goCommand is what a go command prints, for the system that programs are built for.
func goCommand(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = wasmEnv(true)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("go %s: %s", args[0], bytes.TrimSpace(exit.Stderr))
	}
	return string(out), err
}

// wanted are the names that the edits of a package must meet.
func (s slimming) wanted() map[string]bool {
	all := map[string]bool{}
	for name := range s.bodies {
		all[name] = true
	}
	for name := range s.constants {
		all[name] = true
	}
	return all
}

// A change of a file: bytes from one offset to another become text.
type change struct {
	from, to int
	text     string
}

// edit makes the cuts in one file, and takes from wanted the names that it met.
func (s slimming) edit(src []byte, name string, wanted map[string]bool) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	offset := func(p token.Pos) int { return fset.Position(p).Offset }
	var changes []change
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		if body, ok := s.bodies[functionName(f)]; ok {
			delete(wanted, functionName(f))
			changes = append(changes, change{offset(f.Body.Lbrace), offset(f.Body.Rbrace) + 1, "{ " + body + " }"})
			continue
		}
		written := map[ast.Node]bool{} // or named only, or its address taken
		ast.Inspect(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, v := range n.Lhs {
					written[v] = true
				}
			case *ast.UnaryExpr:
				written[n.X] = n.Op == token.AND
			case *ast.ExprStmt:
				if args, ok := printed(n); ok && s.mute && !slices.Contains(s.loud, name) {
					changes = append(changes, change{offset(n.Pos()), offset(n.End()), evaluated(args, src, offset)})
					return false
				}
			case *ast.SelectorExpr:
				written[n.Sel] = true
			}
			if e, ok := n.(ast.Expr); ok && !written[n] {
				if value, ok := s.constants[expressionName(e)]; ok {
					delete(wanted, expressionName(e))
					changes = append(changes, change{offset(e.Pos()), offset(e.End()), value})
					return false
				}
			}
			return true
		})
	}
	if len(changes) == 0 {
		return src, nil
	}
	return withoutUnusedImports(applied(src, changes), name)
}

// functionName is Name, or Type.Name of a method.
func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	t := f.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "." + f.Name.Name
	}
	return "" // of a generic type
}

// expressionName is a variable or one of its fields, as variable.field.
func expressionName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x := expressionName(e.X); x != "" {
			return x + "." + e.Sel.Name
		}
	}
	return ""
}

// printed are the arguments of a call of print or println.
func printed(s *ast.ExprStmt) ([]ast.Expr, bool) {
	call, ok := s.X.(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	id, ok := call.Fun.(*ast.Ident)
	return call.Args, ok && (id.Name == "print" || id.Name == "println")
}

// evaluated keeps a call's arguments, since variables must be used and calls
// among them may do something, and drops the call.
func evaluated(args []ast.Expr, src []byte, offset func(token.Pos) int) string {
	var blanks, values []string
	for _, a := range args {
		if _, ok := a.(*ast.BasicLit); !ok {
			blanks = append(blanks, "_")
			values = append(values, string(src[offset(a.Pos()):offset(a.End())]))
		}
	}
	if len(values) == 0 {
		return ""
	}
	return strings.Join(blanks, ", ") + " = " + strings.Join(values, ", ")
}

func applied(src []byte, changes []change) []byte {
	slices.SortFunc(changes, func(a, b change) int { return a.from - b.from })
	var out []byte
	at := 0
	for _, c := range changes {
		out = append(append(out, src[at:c.from]...), c.text...)
		at = c.to
	}
	return append(out, src[at:]...)
}

// withoutUnusedImports renames imports that no longer are used to _.
func withoutUnusedImports(src []byte, name string) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			used[expressionName(s.X)] = true
		}
		return true
	})
	var changes []change
	for _, i := range file.Imports {
		from, to := i.Path.Pos(), i.Path.Pos()
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		as := path.Base(imported)
		if i.Name != nil {
			as, from = i.Name.Name, i.Name.Pos()
		}
		if as != "_" && !used[as] {
			changes = append(changes, change{fset.Position(from).Offset, fset.Position(to).Offset, "_ "})
		}
	}
	return applied(src, changes), nil
}
