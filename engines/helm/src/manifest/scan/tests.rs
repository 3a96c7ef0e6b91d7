use super::scan;
use crate::manifest::head::Head;

/// What is certain agrees with the reader; whether it is certain.
fn check(document: &str, certain: bool) {
    let scanned = scan(document);
    assert_eq!(scanned.is_some(), certain, "{document}");
    if let Some(scanned) = scanned {
        assert_eq!(scanned, Head::parse(document).unwrap(), "{document}");
    }
}

#[test]
fn certain() {
    check(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    helm.sh/hook: test\n    b: \"1\"\n    c:\n",
        true,
    );
    check(
        "# c\n\nkind: A # b\nspec:\n- a: 1\n  b:\n  - x\n  - y: z\n- - 1\n  - 2\nstatus: {}\n",
        true,
    );
    check(
        "kind: List\nitems:\n  - kind: A\n    metadata:\n      name: x\n",
        true,
    );
    check(
        "data:\n  a: |\n    x: [\n\n      y\n  b: >-\n    z\nkind: C\n",
        true,
    );
    check("kind: 5\nmetadata:\n  name: true\n  annotations: {}\n", true);
    check("kind: 'it''s'\nmetadata:\n  name: \"a\\nb\"\n", true);
    check("a: http://x:80/y?z=#1\nb: -1\nc: - x\n", false);
    check("\"a b\": 1\n'c': 2\n/d: 3\n1: 4\n", true);
    check("spec:\n  - |\n    a\n  - b\n", true);
    check(
        "metadata:\n  annotations:\n    {}\n  labels:\n    []\n  name: x\n",
        true,
    );
    check("metadata:\n  {}\nkind: A\nspec:\n  -\n    {}\n  - b\n", true);
    check("a: [\"x\", 'y' , z-1.b/c ] # d\nb: [ ]\nc:\n  - [a]\n", true);
    check(
        "a: 'b\n\n  c''s \\ d' # e\nkind: A\nb:\n- \"x\\\"y\n  z\\n\"\n",
        true,
    );
    check("longer: yes\nfalse: x\n", true);
    check("  kind: A\n  metadata:\n    name: x\n", true);
}

#[test]
fn left_to_the_reader() {
    for document in [
        "",
        "text",
        "- a\n",
        "a: b: c\n",
        "a: b\n c: d\n",
        "a:\n  b: 1\n c: 2\n",
        "a: &x b\nc: *x\n",
        "a: b\n  c\n",
        "kind: |\n  A\n",
        "Kind: A\n",
        "metadata:\n  annotations:\n    a: {}\n",
        "metadata: x\n",
        "a:\t1\n",
        "a: !!str 1\n",
        "a: .inf\n",
        "? a\n",
        "a: 1\n- b\n",
        "a: |\n    x\n  y\n",
        "null: 1\n",
        "a: {}\n  {}\n",
        "a:\n{}\n",
        "metadata:\n  annotations:\n    []\n",
        "metadata:\n  annotations:\n    a: []\n",
        "kind: [a]\n",
        "kind: 'a\n  b'\n",
        "a: [b: c]\n",
        "a: [b c]\n",
        "a: [1e999]\n",
        "a: [b\n  ]\n",
        "a: [b,]\n",
        "a: 'b\nc'\n",
        "a: 'b\n  c\n",
        "a: 'b\n  c' d\n",
        "a: \"b\\\n  c\"\n",
        "a: \"b\\q\n  c\"\n",
        "metadata:\n  annotations:\n    helm.sh/hook: 'b\n      c'\n",
        "...\n",
    ] {
        check(document, false);
    }
}
