//! `flux helm template` on a corpus of real charts, where the corpus is at hand, beside the recorded output of helm 4.3.
//!
//! The corpus is found through `FLUX_CONFORMANCE`, or in `../shared/conformance` beside the checkout. The number of cases that must
//! agree is in `helm.ratchet`; it only goes up. `FLUX_CASE` picks the cases whose name contains it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;

/// Runs a case; why it disagrees otherwise.
fn run(corpus: &Path, case: &Path) -> Result<(), String> {
    let settings: Value = serde_json::from_slice(&std::fs::read(case.join("case.json")).unwrap()).unwrap();
    let words = settings["command"].as_array().unwrap().iter().skip(1);
    let output = Command::new(env!("CARGO_BIN_EXE_flux"))
        .arg("helm")
        .args(words.map(|word| word.as_str().unwrap()))
        .current_dir(corpus)
        .env("TZ", "UTC")
        .env("KUBECONFIG", "/dev/null")
        .env_remove("HELM_NAMESPACE")
        .output()
        .unwrap();
    let read = |name: &str| std::fs::read(case.join(name)).unwrap_or_default();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if settings["exit_v4"] != 0 {
        if output.status.success() {
            return Err("does not fail".to_owned());
        }
        return same_cause(&stderr, &String::from_utf8_lossy(&read("expect.v4.err")));
    }
    if !output.status.success() {
        return Err(format!("fails: {stderr}"));
    }
    let expect = read("expect.v4.yaml");
    if output.stdout != expect {
        return Err(first_difference(
            &String::from_utf8_lossy(&output.stdout),
            &String::from_utf8_lossy(&expect),
        ));
    }
    let expect = String::from_utf8_lossy(&read("stderr.v4.txt")).into_owned();
    if sorted(&stderr) == sorted(&expect) {
        Ok(())
    } else {
        Err(format!("warns {stderr:?}, should {expect:?}"))
    }
}

/// Whether two errors are the same, with what was logged before them in any order.
fn same_cause(ours: &str, theirs: &str) -> Result<(), String> {
    if sorted(ours) == sorted(theirs) {
        return Ok(());
    }
    Err(format!(
        "fails with another cause: {}\n   should be {}",
        ours.trim(),
        theirs.trim()
    ))
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn first_difference(ours: &str, theirs: &str) -> String {
    let (mut ours, mut theirs) = (ours.split('\n'), theirs.split('\n'));
    let mut line = 0;
    loop {
        line += 1;
        match (ours.next(), theirs.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return "differs".to_owned(),
            (a, b) => return format!("line {line}: {a:?} should be {b:?}"),
        }
    }
}

#[test]
fn charts_render_as_with_helm() {
    let Some(corpus) = xtask::checkout::conformance("helm") else {
        return;
    };
    let wanted = std::env::var("FLUX_CASE").unwrap_or_default();
    let mut cases: Vec<PathBuf> = std::fs::read_dir(corpus.join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(&wanted))
        .collect();
    cases.sort();
    let total = cases.len();
    cases.reverse();
    let left = Mutex::new(cases);
    let agree = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(case) = left.lock().unwrap().pop() else {
                        break;
                    };
                    match run(&corpus, &case) {
                        Ok(()) => *agree.lock().unwrap() += 1,
                        Err(why) => eprintln!("{}: {why}", case.file_name().unwrap().to_string_lossy()),
                    }
                }
            });
        }
    });
    let agree = agree.into_inner().unwrap();
    eprintln!("{agree} of {total} agree");
    let ratchet: usize = include_str!("../../helm.ratchet").trim().parse().unwrap();
    assert!(
        !wanted.is_empty() || agree >= ratchet,
        "{agree} cases agree, {ratchet} did before"
    );
}
