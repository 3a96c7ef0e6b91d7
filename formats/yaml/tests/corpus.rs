//! Round trips over what the real kustomize printed.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test, which reads the corpus from disk"
)]

use std::path::{Path, PathBuf};

use flux_yaml::json::{Dialect, Duplicates, json_to_yaml, to_json};
use flux_yaml::{Emit, Limits, emit, parse_all, to_string};

fn corpus() -> Option<PathBuf> {
    let root = match std::env::var("FLUX_CONFORMANCE") {
        Ok(root) => PathBuf::from(root),
        Err(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
    };
    Some(root.join("kustomize")).filter(|folder| folder.is_dir())
}

fn files(folder: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, wanted, found);
        } else if wanted(&path) {
            found.push(path);
        }
    }
}

fn through_nodes(text: &str) -> String {
    emit(&parse_all(text, &Limits::default()).unwrap(), Emit::default())
}

fn through_json(text: &str) -> String {
    let documents = parse_all(text, &Limits::default()).unwrap();
    let printed: Vec<String> = documents
        .iter()
        .map(|document| json_to_yaml(&to_json(&document.root, Dialect::V2, Duplicates::LastWins).unwrap()))
        .collect();
    printed.join("---\n")
}

#[test]
fn printed_by_kustomize() {
    let Some(folder) = corpus() else {
        println!("SKIPPED: no conformance corpus (set FLUX_CONFORMANCE)");
        return;
    };
    let mut found = Vec::new();
    files(&folder, &|path| path.ends_with("expect.yaml"), &mut found);
    let (mut nodes, mut json, mut unfolded) = (0, 0, 0);
    for path in &found {
        let text = std::fs::read_to_string(path).unwrap();
        // go-yaml v2 printed the text and folds at 80 columns, the node emitter does not: the fold is all that may differ.
        let ours = through_nodes(&text);
        let folded = text.lines().count() != ours.lines().count();
        let ours = if folded { through_json(&ours) } else { ours };
        nodes += usize::from(report("nodes", path, &text, &ours));
        unfolded += usize::from(folded);
        json += usize::from(report("json", path, &text, &through_json(&text)));
    }
    println!(
        "through nodes {nodes} of {0} agree ({unfolded} but for folds), through JSON {json} of {0}",
        found.len()
    );
    assert_eq!((nodes, json), (found.len(), found.len()));
    assert!(
        unfolded * 20 < found.len(),
        "few texts have lines beyond 80 columns"
    );
}

/// Whatever we write of a hand-written file must read back as the same tree, and write the same again.
#[test]
fn inputs_are_stable() {
    let Some(folder) = corpus() else {
        println!("SKIPPED: no conformance corpus (set FLUX_CONFORMANCE)");
        return;
    };
    let mut found = Vec::new();
    files(
        &folder,
        &|path| path.extension().is_some_and(|end| end == "yaml"),
        &mut found,
    );
    let mut read = 0;
    for path in &found {
        let text = std::fs::read_to_string(path).unwrap();
        let Ok(documents) = parse_all(&text, &Limits::default()) else {
            continue;
        };
        read += 1;
        for document in documents {
            let once = to_string(&document.root);
            let again = parse_all(&once, &Limits::default())
                .unwrap_or_else(|error| panic!("{path:?}: {error}\n{once}"));
            if document.root.text() == Some("") && document.root.is_null() {
                continue;
            }
            assert_eq!(again[0].root, document.root, "{path:?}\n{once}");
        }
    }
    println!("{read} of {} files are YAML", found.len());
}

fn report(what: &str, path: &Path, expected: &str, ours: &str) -> bool {
    if expected != ours {
        let line = expected
            .lines()
            .zip(ours.lines())
            .position(|(a, b)| a != b)
            .unwrap_or_default();
        println!(
            "{what} {}: line {}: {:?} became {:?}",
            path.display(),
            line + 1,
            expected.lines().nth(line),
            ours.lines().nth(line)
        );
    }
    expected == ours
}
