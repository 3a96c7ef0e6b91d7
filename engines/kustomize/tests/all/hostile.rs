//! Input that is meant to hurt, or is merely too much: an outcome in bounded time, and errors that name the place.

use std::fmt::Write as _;

use flux_kustomize::{Build, Error, MemFiles, NoRemote, Options, build};

fn run(files: &[(&str, &[u8])]) -> Result<Build, Error> {
    let files: MemFiles = files
        .iter()
        .map(|(path, bytes)| (*path, bytes.to_vec()))
        .collect();
    build(&files, ".", &Options::flux(), &NoRemote)
}

/// The resource `a.yaml` is refused with an error that contains `expect`.
#[track_caller]
fn refused(resource: &[u8], expect: &str) {
    let error = run(&[
        ("kustomization.yaml", b"resources: [a.yaml]\n"),
        ("a.yaml", resource),
    ])
    .expect_err("it is refused");
    assert!(error.to_string().contains(expect), "{error}");
}

const HEAD: &str = "apiVersion: v1\nkind: A\nmetadata:\n  name: a\n";

#[test]
fn aliases_do_not_explode() {
    let mut bomb = format!("{HEAD}l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..40 {
        let below = format!("*l{}, ", level - 1).repeat(9);
        let _ = writeln!(bomb, "l{level}: &l{level} [{}]", below.trim_end_matches(", "));
    }
    refused(bomb.as_bytes(), "a.yaml:");
}

#[test]
fn an_alias_in_itself_is_refused() {
    refused(format!("{HEAD}x: &x [*x]\n").as_bytes(), "a.yaml:5");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    refused(b"apiVersion: v1\nkind: \xff\n", "a.yaml:2");
    refused(b"\xfe\xff\x00", "a.yaml:");
    let error = run(&[("kustomization.yaml", b"namePrefix: \xc3\x28\n")]).expect_err("it is refused");
    assert!(error.to_string().starts_with("kustomization.yaml:1"), "{error}");
}

#[test]
fn depth_is_bounded_everywhere() {
    let brackets = "[".repeat(100_000);
    refused(format!("{HEAD}x: {brackets}\n").as_bytes(), "a.yaml:5");
    let braces = "{a: ".repeat(50_000);
    refused(format!("{HEAD}x: {braces}\n").as_bytes(), "a.yaml:5");
    let mut lists = String::from("x: 1\n");
    for level in 0..3000 {
        lists = format!("{}- {level}\n{lists}", " ".repeat(level));
    }
    refused(format!("{HEAD}x:\n{lists}").as_bytes(), "a.yaml:");
    let mut directories = Vec::new();
    for level in 0..300 {
        let path = format!("{}kustomization.yaml", "d/".repeat(level));
        directories.push((path, b"resources: [d]\n".to_vec()));
    }
    let files: MemFiles = directories.into_iter().collect();
    let error = build(&files, "", &Options::flux(), &NoRemote).expect_err("it is too deep");
    assert!(error.to_string().contains("nested more than"), "{error}");
}

#[test]
fn a_hundred_thousand_lines_are_nothing() {
    let mut text = format!("{HEAD}data:\n");
    for line in 0..100_000 {
        let _ = writeln!(text, "  key-{line}: value");
    }
    let built = run(&[
        ("kustomization.yaml", b"resources: [a.yaml]\nnamespace: x\n"),
        ("a.yaml", text.as_bytes()),
    ]);
    assert_eq!(built.expect("it builds").objects.len(), 1);
    let many = format!("{HEAD}---\n").repeat(20_000);
    refused(many.as_bytes(), "already registered id");
}

#[test]
fn odd_kustomizations_are_refused_with_their_place() {
    for (text, expect) in [
        (
            "resources: {a: b}\n",
            "kustomization.yaml:1: resources: expected a list",
        ),
        (
            "resources: [[a]]\n",
            "kustomization.yaml:1: resources[0]: expected a string",
        ),
        ("resources: [\"\"]\n", "kustomization.yaml:1: resources[0]"),
        ("- a\n", "kustomization.yaml:1"),
        (
            "patches:\n- target: {kind: \"(\"}\n  patch: '[{op: remove, path: /a}]'\nresources: []\n",
            "kustomization.yaml",
        ),
        (
            "replicas:\n- name: x\n  count: 1\nresources: []\n",
            "kustomization.yaml:2: replicas[0]",
        ),
        (
            "images:\n- name: x\n  newTag: 1.0\n",
            "kustomization.yaml:3: images[0].newTag: expected a string",
        ),
        ("namePrefix: a\n  b: c\n", "kustomization.yaml:2"),
        (
            "resources: [nothing.yaml]\n",
            "kustomization.yaml:1: resources[0]",
        ),
        (
            "resources: [../../etc/passwd]\n",
            "kustomization.yaml:1: resources[0]",
        ),
        (
            "configMapGenerator:\n- name: a\n  files: [gone]\n",
            "kustomization.yaml:2: configMapGenerator[0]",
        ),
        ("components: [gone]\n", "kustomization.yaml:1: components[0]"),
        ("crds: [gone]\n", "kustomization.yaml:1: crds[0]"),
    ] {
        let error = run(&[("kustomization.yaml", text.as_bytes())]).expect_err(text);
        assert!(error.to_string().contains(expect), "{text:?}: {error}");
    }
}
