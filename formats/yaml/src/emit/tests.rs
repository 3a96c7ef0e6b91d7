use super::*;
use crate::json::json_to_yaml;
use crate::{Limits, parse_all};

/// Reads and writes; the second argument is empty when nothing changes.
#[track_caller]
fn check(text: &str, expect: &str) {
    let documents = parse_all(text, &Limits::default()).unwrap();
    let expect = if expect.is_empty() { text } else { expect };
    assert_eq!(emit(&documents, Emit::default()), expect);
}

#[track_caller]
fn string(text: &str, expect: &str) {
    let node = Node::mapping_of([(Node::string("k"), Node::string(text))]);
    assert_eq!(to_string(&node), format!("k: {expect}\n"));
}

#[track_caller]
fn json_string(text: &str, expect: &str) {
    assert_eq!(
        json_to_yaml(&serde_json::json!({ "k": text })),
        format!("k: {expect}\n")
    );
}

#[test]
fn layout() {
    check("a:\n- b\n- c: d\n  e:\n  - f\n", "");
    check("- - a\n  - b\n- - c\n", "");
    check("a:\n    b:\n        - c\n", "a:\n  b:\n  - c\n");
    check("a: {b: c, d: [e, f]}\n", "");
    check("a: []\nb: {}\nc:\nd: ~\n", "");
    check("a\n---\nb\n", "");
    check("? [a, b]\n: c\n", "");
    check("a: &x\n  b: c\nd: *x\n", "");
    check("a: !!str 1\nb: !foo {}\n", "");
    check(
        "<<: *x\n".replace("*x", "{a: b}").as_str(),
        "!!merge <<: {a: b}\n",
    );
}

#[test]
fn wide_sequences() {
    let documents = parse_all("a:\n- b\n- - c\n", &Limits::default()).unwrap();
    let how = Emit {
        compact_sequences: false,
        ..Emit::default()
    };
    assert_eq!(emit(&documents, how), "a:\n  - b\n  - - c\n");
    assert_eq!(
        emit(&documents, Emit { indent: 4, ..how }),
        "a:\n    - b\n    - - c\n"
    );
}

#[test]
fn comments() {
    check("# doc\n\n# head\na: 1 # line\n# foot\n\nb: 2\n# end\n", "");
    check("a: # on the key\n  b: c\n", "");
    check("a:\n# one\n- b # two\n# three\n- c\n", "");
    check("a: | # why\n  text\n", "");
    check("[a, # one\n  b]\n", "[a, # one\n  b]\n");
}

#[test]
fn styles() {
    check(
        "a: 'x'\nb: \"y\"\nc: |\n  z\nd: >-\n  w\n  v\n",
        "a: 'x'\nb: \"y\"\nc: |\n  z\nd: >-\n  w v\n",
    );
    check("a: |+\n  x\n\nb: |2\n   y\n", "");
}

#[test]
fn strings_of_nodes() {
    string("", "\"\"");
    string("1", "\"1\"");
    string("true", "\"true\"");
    string("2001-01-01", "\"2001-01-01\"");
    string("yes", "yes");
    string("a: b", "'a: b'");
    string("it's: b", "'it''s: b'");
    string("- x", "'- x'");
    string(" x", "' x'");
    string("a\nb", "|-\n  a\n  b");
    string("a\nb\n\n", "|+\n  a\n  b\n");
    string("a\tb", "\"a\\tb\"");
    string("\u{1F600}", "\"\\U0001F600\"");
    string("é", "é");
    string("x\r\n", "\"x\\r\\n\"");
}

#[test]
fn strings_of_json() {
    // Judged by the real helm's toYaml.
    for quoted in [
        "yes",
        "y",
        "N",
        "012",
        "1_000",
        "2001-01-01",
        "1:20",
        "+1",
        "null",
        "~",
        ".5",
        "1e3",
    ] {
        json_string(quoted, &format!("{quoted:?}"));
    }
    for single in ["- x", "*x", "{a}", "a: b", "#x", "@x"] {
        json_string(single, &format!("'{single}'"));
    }
    for bare in ["=", "<<", "0x", "a,b", "a#b", "-x", "é", "1.2.3", "1e400"] {
        json_string(bare, bare);
    }
    json_string("a \nb\n", "\"a \\nb\\n\"");
    json_string("\u{1F600}", "\"\\U0001F600\"");
    json_string("a\tb\n", "\"a\\tb\\n\"");
}

#[test]
fn folding_at_80_columns() {
    let words = ["aaaaaaaaa"; 10].join(" ");
    // The line is broken at the first space beyond column 80.
    json_string(
        &words,
        &format!("{}\n  aaaaaaaaa aaaaaaaaa", ["aaaaaaaaa"; 8].join(" ")),
    );
    string(&words, &words);
}

#[test]
fn wrong_types_get_a_tag() {
    let mut node = Node::int(1);
    node.as_scalar_mut().unwrap().text = "x".into();
    assert_eq!(to_string(&node), "!!int x\n");
}
