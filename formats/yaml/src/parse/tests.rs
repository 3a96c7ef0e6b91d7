use super::*;
use crate::json::{Dialect, Duplicates, to_json};
use crate::node::{Node, ScalarStyle};

fn parse(text: &str) -> Result<Vec<Document>, Error> {
    parse_all(text, &Limits::default())
}

/// The JSON of each document, one per line.
#[track_caller]
fn check(text: &str, expect: &str) {
    let documents = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let json: Vec<String> = documents
        .iter()
        .map(|document| {
            to_json(&document.root, Dialect::V2, Duplicates::Error)
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(json.join("\n"), expect, "{text:?}");
    check_without_comments(text);
}

/// Without comments everything else is the same, errors included.
#[track_caller]
fn check_without_comments(text: &str) {
    let with = parse_one(text, &Limits::default());
    let without = parse_one_without_comments(text, &Limits::default());
    let json = |document: Option<Document>| {
        document.map(|document| to_json(&document.root, Dialect::V2, Duplicates::LastWins))
    };
    assert_eq!(with.map(json), without.map(json), "{text:?}");
}

#[track_caller]
fn check_error(text: &str, expect: &str) {
    assert_eq!(
        parse(text).map(|_| ()).unwrap_err().to_string(),
        expect,
        "{text:?}"
    );
    check_without_comments(text);
}

#[test]
fn without_comments() {
    for text in [
        "# a\n\n# b\na: 1 # c\n# d\n\n# e\nb:\n  # f\n  - x # g\n  # h\n# i\n  - y\n# j\n",
        "a: # b\n  - c\n# d\n  # e\nf: {x: 1, # y\n # z\n w: 2 # v\n}\n",
        "# a\n\t# b\nc: 1\n",
        "a: 1\n# b\n\t\tc: 2\n",
        "a:\n  b: 1\n # c\n d: 2\n",
        "a: |\n  b\n # c\nd: 1\n",
        "a: [ # b\n",
        "a: b\n# \u{e9}\u{e9} c: d: e",
        "# a\r\n# b\r\nc: 1\r\n",
        "# a\u{2028}# b\u{85}c: 1\n",
        "#\n---\n# a\nb: 1\n...\n# c\n",
        "a: 'b' # c\n  d\n",
    ] {
        check_without_comments(text);
    }
    let gap = " ".repeat(600);
    check_without_comments(&format!("# a\n{gap}\n# b\n{gap}# c\na: 1{gap}# d\n"));
}

#[test]
fn documents() {
    check("", "");
    check("\n# only a comment\n", "");
    check("---\n", "null");
    check("a: 1\n---\nb: 2\n...\n---\n", "{\"a\":1}\n{\"b\":2}\nnull");
    check("--- a\n--- b\n", "\"a\"\n\"b\"");
    check("%YAML 1.1\n---\na: 1\n", r#"{"a":1}"#);
    check("\u{FEFF}a: 1\r\nb: |\r\n  x\r\n", r#"{"a":1,"b":"x\n"}"#);
    assert!(
        parse_one("a: 1\n---\nb: [\n", &Limits::default())
            .unwrap()
            .is_some()
    );
}

#[test]
fn plain_scalars() {
    check("a: b c\n   d\n\n   e\n", r#"{"a":"b c d\ne"}"#);
    check("a:\t1\n", r#"{"a":1}"#);
    check("a: b#c # d\n", r#"{"a":"b#c"}"#);
    check("a: http://x:80/?q\n", r#"{"a":"http://x:80/?q"}"#);
    check("[a b, c:d, -1]", r#"["a b","c:d",-1]"#);
    check("? a\n: b\n? c\n", r#"{"a":"b","c":null}"#);
}

#[test]
fn quoted_scalars() {
    check(r#""a\tb\x41\u00e9\U0001F600""#, r#""a\tbAé😀""#);
    check("'it''s'", r#""it's""#);
    check("\"a\n  b\n\n  c \\\n  d\"", r#""a b\nc d""#);
    check("'a\n\n b'", r#""a\nb""#);
    check("\"a  b\"", r#""a  b""#);
}

#[test]
fn block_scalars() {
    check("a: |\n  x\n   y\n\nb: 1\n", r#"{"a":"x\n y\n","b":1}"#);
    check("a: |-\n  x\n\n", r#"{"a":"x"}"#);
    check("a: |+\n  x\n\n", r#"{"a":"x\n\n"}"#);
    check("a: |2\n   x\n", r#"{"a":" x\n"}"#);
    check("a: |+1\n  x\n", r#"{"a":" x\n"}"#);
    check("a: >\n  x\n  y\n\n  z\n   w\n  v\n", r#"{"a":"x y\nz\n w\nv\n"}"#);
    check("a: |\nb: 1\n", r#"{"a":"","b":1}"#);
}

#[test]
fn collections() {
    check(
        "- - a\n  - b\n-\n- c: d\n  e: f\n",
        r#"[["a","b"],null,{"c":"d","e":"f"}]"#,
    );
    check("a:\n- b\n-\n- c\nd: e\n", r#"{"a":["b",null,"c"],"d":"e"}"#);
    check(
        "{a: 1, b, ? c : d, e: [f: g, {}]}",
        r#"{"a":1,"b":null,"c":"d","e":[{"f":"g"},{}]}"#,
    );
}

#[test]
fn positions() {
    let root = parse("# c\na: 1\nbb:\n  - é: x\n").unwrap().remove(0).root;
    let inner = &root.get("bb").unwrap().items()[0];
    let (key, value) = &inner.entries()[0];
    assert_eq!((root.pos.line, root.pos.column), (2, 1));
    assert_eq!((key.pos.line, key.pos.column), (4, 5));
    assert_eq!((value.pos.line, value.pos.column), (4, 8));
}

#[test]
fn tags_and_anchors() {
    let root = parse("a: &x !!str 1\nb: *x\nc: !foo {}\nd: ! 12\n")
        .unwrap()
        .remove(0)
        .root;
    assert_eq!(root.get("a").unwrap().tag(), "!!str");
    assert_eq!(root.get("a").unwrap().anchor(), Some("x"));
    assert_eq!(root.get("c").unwrap().explicit_tag(), Some("!foo"));
    assert_eq!(root.get("d").unwrap().tag(), "!!int");
    check("%TAG !e! tag:example.com,2000:\n---\n!e!x a", "\"a\"");
}

#[test]
fn styles_are_kept() {
    let root = parse("[a, 'b', \"c\"]").unwrap().remove(0).root;
    let styles: Vec<_> = root
        .items()
        .iter()
        .map(|item| item.as_scalar().unwrap().style)
        .collect();
    assert_eq!(
        styles,
        [
            ScalarStyle::Plain,
            ScalarStyle::SingleQuoted,
            ScalarStyle::DoubleQuoted
        ]
    );
}

#[test]
fn comments_are_attached() {
    let text = "# doc\n\n# head\na: 1 # line\n# foot\n\n# head of b\nb:\n  # head of c\n  - c # line of c\n";
    let document = parse(text).unwrap().remove(0);
    let comments = |node: &Node| node.comments().cloned().unwrap_or_default();
    assert_eq!(document.head_comment, "# doc");
    let entries = document.root.entries();
    assert_eq!(comments(&entries[0].0).head, "# head");
    assert_eq!(comments(&entries[0].1).line, "# line");
    assert_eq!(comments(&entries[0].0).foot, "# foot");
    assert_eq!(comments(&entries[1].0).head, "# head of b");
    let item = &entries[1].1.items()[0];
    assert_eq!(comments(item).head, "# head of c");
    assert_eq!(comments(item).line, "# line of c");
}

#[test]
fn refused() {
    check_error(
        "a: b: c\n",
        "yaml: line 1, column 5: mapping values are not allowed in this context",
    );
    check_error(
        "a:\n\tb: 1\n",
        "yaml: line 2, column 1: found character that cannot start any token",
    );
    check_error(
        "a: %x\n",
        "yaml: line 1, column 4: found character that cannot start any token",
    );
    check_error(
        "a: \"b\n",
        "yaml: line 1, column 4: found unexpected end of stream",
    );
    check_error(
        "- a\nb: c\n",
        "yaml: line 2, column 1: did not find expected '-' indicator",
    );
    check_error(
        "a: 1\n b: 2\n",
        "yaml: line 2, column 3: mapping values are not allowed in this context",
    );
    check_error(
        "a: 1\nb\nc: 2\n",
        "yaml: line 2, column 1: could not find expected ':'",
    );
    check_error("[a\n", "yaml: line 2, column 1: did not find expected ',' or ']'");
    check_error("a: *x\n", "yaml: line 1, column 4: unknown anchor 'x' referenced");
    check_error(
        "a: \u{1}\n",
        "yaml: line 1, column 4: control characters are not allowed",
    );
    check_error(
        "\"\\ud83d\\ude00\"",
        "yaml: line 1, column 1: found invalid Unicode character escape code",
    );
    check_error(
        "a: |\n\tx\n",
        "yaml: line 1, column 4: found a tab character where an indentation space is expected",
    );
    check_error(
        "%YAML 2.0\n---\n",
        "yaml: line 1, column 1: found incompatible YAML document",
    );
}

#[test]
fn limits() {
    let limits = Limits {
        max_depth: 3,
        max_bytes: 40,
        max_nodes: 10,
    };
    assert!(parse_all("[[[]]]", &limits).is_ok());
    assert!(parse_all("[[[[]]]]", &limits).is_err());
    assert!(parse_all("a:\n b:\n  c:\n   d: 1\n", &limits).is_err());
    assert!(parse_all("[1,2,3,4,5,6,7,8,9,10]", &limits).is_err());
    assert!(parse_all(&" ".repeat(41), &limits).is_err());
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let depth = Limits::default().max_depth;
    for text in ["[".repeat(depth) + &"]".repeat(depth), "- ".repeat(depth) + "x"] {
        let mut documents = parse(&text).unwrap();
        let root = &mut documents[0].root;
        let printed = crate::to_string(root);
        assert_eq!(parse(&printed).unwrap()[0].root, *root);
        crate::expand_aliases(root).unwrap();
        root.clear_comments_deep();
        assert!(to_json(&root.clone(), Dialect::V2, Duplicates::Error).is_ok());
    }
    assert!(parse(&"[".repeat(1_000_000)).is_err());
    assert!(parse(&"? ".repeat(1_000_000)).is_err());
}

#[test]
fn encodings() {
    assert_eq!(decode_utf8(b"\xFF\xFEa\0").unwrap(), "a");
    assert_eq!(decode_utf8(b"\xFE\xFF\0a").unwrap(), "a");
    let error = decode_utf8(b"a: b\nc: \xC3\x28").unwrap_err();
    assert_eq!((error.pos.line, error.pos.column), (2, 4));
}
