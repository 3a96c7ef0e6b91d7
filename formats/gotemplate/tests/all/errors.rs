//! Errors in Go's words.

use super::helper::{check, render_with};
use flux_gotemplate::{ErrorKind, MissingKey, Options};

/// An error of execution: its column in the only line, the node, and the text.
#[track_caller]
fn fails(text: &str, column: usize, node: &str, message: &str) {
    check(
        text,
        &format!("template: t:1:{column}: executing \"t\" at <{node}>: {message}"),
    );
}

/// An error of parsing.
#[track_caller]
fn refused(text: &str, message: &str) {
    check(text, &format!("template: t:1: {message}"));
}

#[test]
fn fields() {
    fails(
        "{{ .nothing.deeper }}",
        11,
        ".nothing.deeper",
        "nil pointer evaluating interface {}.deeper",
    );
    fails(
        "{{ .name.first }}",
        8,
        ".name.first",
        "can't evaluate field first in type interface {}",
    );
    fails(
        "{{ (.name).first }}",
        4,
        ".name",
        "can't evaluate field first in type string",
    );
    fails(
        "{{ .labels.app.x }}",
        10,
        ".labels.app.x",
        "can't evaluate field x in type string",
    );
    fails(
        "{{ range .list }}{{ .x }}{{ end }}",
        20,
        ".x",
        "can't evaluate field x in type interface {}",
    );
    fails(
        "{{ range .strings }}{{ .x }}{{ end }}",
        23,
        ".x",
        "can't evaluate field x in type string",
    );
    fails(
        "{{ .name .count }}",
        3,
        ".name",
        "name is not a method but has arguments",
    );
    fails(
        "{{ $.map.a.b }}",
        4,
        "$.map.a.b",
        "can't evaluate field b in type interface {}",
    );
}

#[test]
fn calls() {
    fails(
        "{{ index .list 10 }}",
        3,
        "index .list 10",
        "error calling index: index out of range: 10",
    );
    fails(
        "{{ index .nil 1 }}",
        3,
        "index .nil 1",
        "error calling index: index of untyped nil",
    );
    fails(
        "{{ index .map 1 }}",
        3,
        "index .map 1",
        "error calling index: value has type int; should be string",
    );
    fails(
        "{{ len .nil }}",
        3,
        "len .nil",
        "error calling len: len of nil pointer",
    );
    fails("{{ len 3 }}", 3, "len 3", "error calling len: len of type int");
    fails(
        "{{ .nil | len }}",
        10,
        "len",
        "error calling len: reflect: call of reflect.Value.Type on zero Value",
    );
    fails(
        "{{ call .name }}",
        3,
        "call .name",
        "error calling call: non-function .name of type string",
    );
    fails(
        "{{ eq 1 1.0 }}",
        3,
        "eq 1 1.0",
        "error calling eq: incompatible types for comparison: int and float64",
    );
    fails(
        "{{ eq .list .list }}",
        3,
        "eq .list .list",
        "error calling eq: non-comparable type [a b c]: []interface {}",
    );
    fails(
        "{{ eq 1 }}",
        3,
        "eq 1",
        "error calling eq: missing argument for comparison",
    );
    fails(
        "{{ lt true false }}",
        3,
        "lt true false",
        "error calling lt: invalid type for comparison",
    );
    fails(
        "{{ and }}",
        3,
        "and",
        "wrong number of args for and: want at least 1 got 0",
    );
    fails(
        "{{ not 1 2 }}",
        3,
        "not",
        "wrong number of args for not: want 1 got 2",
    );
    fails("{{ printf 1 }}", 10, "1", "expected string; found 1");
    fails(
        "{{ printf .count }}",
        10,
        ".count",
        "wrong type for value; expected string; got float64",
    );
    fails(
        "{{ printf .nil }}",
        10,
        ".nil",
        "wrong type for value; expected string; got interface {}",
    );
    fails(
        "{{ .nil | printf }}",
        10,
        "printf",
        "invalid value; expected string",
    );
    fails("{{ printf nil }}", 10, "nil", "cannot assign nil to string");
}

#[test]
fn commands() {
    fails("{{ nil }}", 3, "nil", "nil is not a command");
    fails("{{ 1 2 }}", 3, "1", "can't give argument to non-function 1");
    fails(
        "{{ range .count }}{{ end }}",
        9,
        ".count",
        "range can't iterate over 3",
    );
    fails(
        "{{ range $i, $e := 3 }}{{ end }}",
        19,
        "3",
        "can't use 3 to iterate over more than one variable",
    );
    fails("{{ $v = 1 }}", 8, "1", "undefined variable: $v");
    fails(
        "{{ template \"no\" . }}",
        12,
        "{{template \"no\" .}}",
        "template \"no\" not defined",
    );
    check(
        "{{ define \"x\" }}\n  {{ .a.b }}{{ end }}{{ template \"x\" .map }}",
        "template: t:2:7: executing \"x\" at <.a.b>: can't evaluate field b in type interface {}",
    );
}

#[test]
fn parsing() {
    refused("a {{ .name", "unclosed action");
    refused("{{ if true }}x", "unexpected EOF");
    refused("x {{ end }}", "unexpected {{end}}");
    refused("{{ else }}", "unexpected {{else}}");
    refused("{{ \"abc }}", "unterminated quoted string");
    refused("{{ `abc }}", "unterminated raw quoted string");
    refused("{{ 'abc }}", "unterminated character constant");
    refused("{{/* abc }}", "unclosed comment");
    refused("{{/* abc */ }}", "comment ends before closing delimiter");
    refused("{{ .name @ }}", "unexpected \"@\" in operand");
    refused("{{ if }}x{{ end }}", "missing value for if");
    refused("{{ }}", "missing value for command");
    refused("{{ frobnicate 1 }}", "function \"frobnicate\" not defined");
    refused("{{ $nope }}", "undefined variable \"$nope\"");
    refused(
        "{{ if true }}{{ $v := 1 }}{{ end }}{{ $v }}",
        "undefined variable \"$v\"",
    );
    refused("{{ break }}", "{{break}} outside {{range}}");
    refused(
        "{{ \"a\" | \"b\" }}",
        "non executable command in pipeline stage 2",
    );
    refused("{{ .my-key }}", "bad character U+002D '-'");
    refused("{{ .name}x }}", "bad character U+007D '}'");
    refused("{{ 1x }}", "bad number syntax: \"1x\"");
    refused(
        "{{ 99999999999999999999 }}",
        "integer overflow: \"99999999999999999999\"",
    );
    refused("{{ (1 }}", "unclosed left paren");
    refused("{{ 1) }}", "unexpected right paren");
}

#[test]
fn strict() {
    let strict = || Options {
        missing_key: MissingKey::Error,
        ..Options::default()
    };
    let error = render_with("{{ .nothing }}", strict()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template: t:1:3: executing \"t\" at <.nothing>: map has no entry for key \"nothing\""
    );
    assert_eq!(error.kind(), ErrorKind::Exec);
}
