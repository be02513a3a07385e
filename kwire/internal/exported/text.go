package main

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/printer"
	"go/token"
	"slices"
	"strings"
)

// packageText writes one package: constants and variables as they are declared, the rest by name.
type packageText struct {
	fset *token.FileSet
	out  *bytes.Buffer
	err  error
}

// messageMethods are those of wire.Message. A type that has them all is a message.
var messageMethods = []string{"AppendTo", "DecodeFrom", "HasVersion", "IsFlexible", "MessageKey", "MessageName", "Size"}

func (p *packageText) write(d *doc.Package) {
	p.values(d.Consts)
	p.values(d.Vars)
	p.funcs(d.Funcs, "")
	ofMessages := false
	for _, t := range d.Types {
		ofMessages = ofMessages || isMessage(t)
	}
	for _, t := range d.Types {
		p.typ(t, ofMessages)
	}
}

func isMessage(t *doc.Type) bool {
	n := 0
	for _, m := range t.Methods {
		if slices.Contains(messageMethods, m.Name) {
			n++
		}
	}
	return n == len(messageMethods)
}

// typ writes a type with its constants, functions and methods. In a package of messages, of which there are hundreds,
// a struct is one line and what all of them have is left out.
func (p *packageText) typ(t *doc.Type, ofMessages bool) {
	spec := t.Decl.Specs[0].(*ast.TypeSpec)
	fields, isStruct := spec.Type.(*ast.StructType)
	funcs, methods, mark := t.Funcs, t.Methods, ""
	if isMessage(t) {
		mark = "message "
		methods = slices.DeleteFunc(slices.Clone(methods), func(f *doc.Func) bool { return slices.Contains(messageMethods, f.Name) })
	}
	if ofMessages && isStruct {
		funcs = slices.DeleteFunc(slices.Clone(funcs), func(f *doc.Func) bool { return f.Name == "New"+t.Name && len(f.Decl.Type.Params.List) == 0 })
		if len(funcs) == len(t.Funcs) {
			mark = "no New, " + mark
		}
	}
	switch {
	case isStruct && ofMessages:
		p.out.WriteString("type " + t.Name + p.typeParams(spec) + " " + mark + "struct { " + strings.Join(p.fields(fields), "; ") + " }\n")
	case isStruct:
		p.out.WriteString("type " + t.Name + p.typeParams(spec) + " " + mark + "struct\n")
		for _, f := range p.fields(fields) {
			p.out.WriteString("\t" + f + "\n")
		}
	default:
		p.out.WriteString("type " + p.code(spec) + "\n")
	}
	p.values(t.Consts)
	p.values(t.Vars)
	p.funcs(funcs, "")
	p.funcs(methods, "\t")
}

func (p *packageText) typeParams(spec *ast.TypeSpec) string {
	if spec.TypeParams == nil {
		return ""
	}
	var all []string
	for _, f := range spec.TypeParams.List {
		all = append(all, names(f)+" "+p.code(f.Type))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// fields returns "Name Type" for each exported field, in order.
func (p *packageText) fields(s *ast.StructType) []string {
	var out []string
	for _, f := range s.Fields.List {
		if len(f.Names) == 0 {
			out = append(out, p.code(f.Type))
			continue
		}
		for _, n := range f.Names { // go/doc has removed what is not exported
			out = append(out, n.Name+" "+p.code(f.Type))
		}
	}
	return out
}

func names(f *ast.Field) string {
	var all []string
	for _, n := range f.Names {
		all = append(all, n.Name)
	}
	return strings.Join(all, ", ")
}

// values writes constants and variables, each on a line, in the order of their declaration. A constant that repeats
// the expression above it (iota) has none of its own to show; its place says what it is.
func (p *packageText) values(groups []*doc.Value) {
	for _, g := range groups {
		for _, s := range g.Decl.Specs {
			spec := s.(*ast.ValueSpec)
			for i, n := range spec.Names {
				if !n.IsExported() {
					continue
				}
				line := g.Decl.Tok.String() + " " + n.Name
				if spec.Type != nil {
					line += " " + p.code(spec.Type)
				}
				if i < len(spec.Values) && g.Decl.Tok == token.CONST {
					line += " = " + p.code(spec.Values[i])
				}
				p.out.WriteString(line + "\n")
			}
		}
	}
}

func (p *packageText) funcs(all []*doc.Func, indent string) {
	for _, f := range all {
		decl := *f.Decl
		decl.Doc, decl.Body = nil, nil
		p.out.WriteString(indent + p.code(&decl) + "\n")
	}
}

// code returns a node as gofmt writes it, on one line and without comments.
func (p *packageText) code(node any) string {
	var b bytes.Buffer
	if spec, ok := node.(*ast.TypeSpec); ok {
		bare := *spec
		bare.Doc, bare.Comment = nil, nil
		node = &bare
	}
	if err := (&printer.Config{Mode: printer.UseSpaces, Tabwidth: 1}).Fprint(&b, p.fset, node); err != nil && p.err == nil {
		p.err = err
	}
	var lines []string
	for _, line := range strings.Split(b.String(), "\n") {
		code, _, _ := strings.Cut(line, "//")
		if code = strings.TrimSpace(code); code != "" {
			lines = append(lines, code)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "; "), "{; ", "{ ")
}
