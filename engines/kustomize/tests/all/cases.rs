//! Small trees, each in one file of `tests/cases`.
//!
//! A case is a text of many files, each after a line `//- PATH`. It ends with `//= result` and what `kubectl kustomize`
//! 1.37 prints for the tree, or with `//!` and the error that is ours to word (kubectl fails on the tree too).

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that reads its cases from the disk"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flux_kustomize::{MemFiles, NoRemote, Options, build};
use proptest::prelude::*;

enum Expect<'a> {
    Result(&'a str),
    Error(&'a str),
}

fn split(case: &str) -> (MemFiles, Expect<'_>) {
    let (tree, expect) = match case.split_once("//= result\n") {
        Some((tree, result)) => (tree, Expect::Result(result)),
        None => {
            let (tree, error) = case.split_once("//! ").unwrap();
            (tree, Expect::Error(error.trim_end()))
        }
    };
    let mut files = MemFiles::new();
    for part in tree.split("//- ").skip(1) {
        let (path, contents) = part.split_once('\n').unwrap();
        files.insert(path, contents);
    }
    (files, expect)
}

#[track_caller]
fn check(name: &str, case: &str) {
    let (files, expect) = split(case);
    let outcome = build(&files, ".", &Options::default(), &NoRemote).and_then(|build| build.to_yaml());
    match (outcome, expect) {
        (Ok(ours), Expect::Result(theirs)) => assert_eq!(ours, theirs, "{name}"),
        (Err(error), Expect::Error(wanted)) => assert_eq!(error.to_string(), wanted, "{name}"),
        (Ok(ours), Expect::Error(wanted)) => panic!("{name}: should fail with {wanted}, gives\n{ours}"),
        (Err(error), Expect::Result(_)) => panic!("{name}: {error}"),
    }
}

fn cases() -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        (
            path.file_stem().unwrap().to_string_lossy().into_owned(),
            fs::read_to_string(&path).unwrap(),
        )
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn cases_come_out() {
    let cases = cases();
    assert!(cases.len() > 70, "only {} cases were found", cases.len());
    for (name, case) in cases {
        check(&name, &case);
    }
}

/// A change to a text that is likely to leave most of it meaningful.
fn mutate(text: &str, at: usize, what: usize) -> String {
    const PIECES: [&str; 12] = [
        "",
        "\n",
        ": ",
        "- ",
        "null",
        "{}",
        "[",
        "\"",
        "*a",
        "$patch: delete\n",
        "..",
        "\t",
    ];
    let mut starts: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
    starts.push(text.len());
    let at = starts[at % starts.len()];
    let end = starts
        .iter()
        .copied()
        .find(|index| *index >= at + what % 7)
        .unwrap_or(text.len());
    format!("{}{}{}", &text[..at], PIECES[what % PIECES.len()], &text[end..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is in the files, there is an outcome; and what comes out is read back as the same.
    #[test]
    fn changed_trees_have_an_outcome(
        which in 0usize..1000,
        changes in prop::collection::vec((0usize..20_000, 0usize..84), 1..6),
    ) {
        static CASES: LazyLock<Vec<(String, String)>> = LazyLock::new(cases);
        let mut text = CASES[which % CASES.len()].1.clone();
        for (at, what) in changes {
            text = mutate(&text, at, what);
        }
        let mut files = MemFiles::new();
        for part in text.split("//- ").skip(1) {
            let (path, contents) = part.split_once('\n').unwrap_or((part, ""));
            files.insert(path, contents);
        }
        if let Ok(yaml) = build(&files, ".", &Options::flux(), &NoRemote).and_then(|build| build.to_yaml()) {
            let again: MemFiles = [("kustomization.yaml", "resources: [all.yaml]\n"), ("all.yaml", yaml.as_str())].into_iter().collect();
            if let Ok(built) = build(&again, ".", &Options::flux(), &NoRemote) {
                prop_assert_eq!(built.to_yaml().unwrap(), yaml);
            }
        }
    }
}
