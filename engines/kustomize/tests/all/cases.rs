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
use std::path::Path;

use flux_kustomize::{MemFiles, NoRemote, Options, build};

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

#[test]
fn cases_come_out() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 70, "only {} cases were found", paths.len());
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy();
        check(&name, &fs::read_to_string(&path).unwrap());
    }
}
