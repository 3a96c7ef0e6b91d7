//! The outcome of real kustomize on a corpus of trees, where the corpus is at hand.
//!
//! The corpus is found through `FLUX_CONFORMANCE`, or in `../shared/conformance` beside the checkout. The number of
//! cases that must agree is in `conformance.ratchet`; it only goes up.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that reads a corpus from the disk"
)]

use std::fs;
use std::path::{Path, PathBuf};

use flux_kustomize::{LoadRestrictor, MemFiles, NoRemote, Options, build};

fn corpus() -> Option<PathBuf> {
    let given = std::env::var_os("FLUX_CONFORMANCE").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    Some(given.unwrap_or_else(beside).join("kustomize")).filter(|path| path.is_dir())
}

fn read_tree(root: &Path, dir: &Path, files: &mut MemFiles) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_tree(root, &path, files);
        } else {
            files.insert(
                path.strip_prefix(root).unwrap().to_str().unwrap(),
                fs::read(&path).unwrap(),
            );
        }
    }
}

/// What a case answers, or why it disagrees.
fn run(case: &Path) -> Result<(), String> {
    let settings: serde_json::Value =
        serde_json::from_slice(&fs::read(case.join("case.json")).unwrap()).unwrap();
    let mut options = Options::default();
    for arg in settings["args"].as_array().unwrap() {
        match arg.as_str().unwrap() {
            "--load-restrictor=LoadRestrictionsNone" => options.load_restrictor = LoadRestrictor::None,
            "--enable-managedby-label" => options.managed_by_label = true,
            other => return Err(format!("unknown argument {other}")),
        }
    }
    let mut files = MemFiles::new();
    let root = case.join("in");
    read_tree(&root, &root, &mut files);
    let outcome = build(&files, settings["path"].as_str().unwrap(), &options, &NoRemote)
        .and_then(|build| build.to_yaml());
    match (outcome, fs::read_to_string(case.join("expect.yaml"))) {
        (Ok(ours), Ok(theirs)) if ours == theirs => Ok(()),
        (Ok(ours), Ok(theirs)) => Err(first_difference(&ours, &theirs)),
        (Err(error), Ok(_)) => Err(format!("fails: {error}")),
        (Ok(_), Err(_)) => Err("does not fail".to_owned()),
        (Err(_), Err(_)) => Ok(()),
    }
}

fn first_difference(ours: &str, theirs: &str) -> String {
    let (mut ours, mut theirs) = (ours.lines(), theirs.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (ours.next(), theirs.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return "differs in line ends".to_owned(),
            (a, b) => return format!("line {line}: {a:?} should be {b:?}"),
        }
    }
}

#[test]
fn corpus_agrees() {
    let Some(corpus) = corpus() else {
        eprintln!("SKIPPED: no conformance corpus; set FLUX_CONFORMANCE to its directory");
        return;
    };
    let mut cases: Vec<PathBuf> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("case.json").is_file())
        .collect();
    cases.sort();
    let mut agree = 0;
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy();
        match run(case) {
            Ok(()) => agree += 1,
            Err(why) => eprintln!("{name}: {why}"),
        }
    }
    eprintln!("{agree} of {} agree", cases.len());
    let ratchet = include_str!("../../conformance.ratchet")
        .trim()
        .parse::<usize>()
        .unwrap();
    assert!(agree >= ratchet, "{agree} cases agree, {ratchet} did before");
}
