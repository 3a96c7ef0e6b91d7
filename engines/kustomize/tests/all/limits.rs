//! What the engine refuses, by name.

use flux_kustomize::{ErrorKind, MemFiles, NoRemote, Options, build};

#[track_caller]
fn check(files: &[(&str, &str)], kind: ErrorKind, expect: &str) {
    let files: MemFiles = files.iter().map(|(path, text)| (*path, *text)).collect();
    let error = build(&files, ".", &Options::flux(), &NoRemote).expect_err("the tree must fail");
    assert_eq!(error.to_string(), expect);
    assert_eq!(error.kind, kind);
}

#[test]
fn helm_is_refused() {
    check(
        &[("kustomization.yaml", "resources: []\nhelmCharts:\n- name: x\n")],
        ErrorKind::Unsupported,
        "kustomization.yaml:3: helmCharts[0]: chart x: must specify --enable-helm; in a cluster, use a HelmRelease",
    );
}

#[test]
fn programs_are_refused() {
    check(
        &[
            ("kustomization.yaml", "transformers: [t.yaml]\n"),
            (
                "t.yaml",
                "apiVersion: example.com/v1\nkind: Sed\nmetadata:\n  name: s\n",
            ),
        ],
        ErrorKind::Unsupported,
        "t.yaml:1: Sed.v1.example.com/s.[noNs]: external plugin Sed: plugins that run as a container, program or library \
         are refused; only those with apiVersion builtin are available",
    );
}

#[test]
fn cycles_are_found() {
    check(
        &[
            ("kustomization.yaml", "resources: [a]\n"),
            ("a/kustomization.yaml", "resources: [../b]\n"),
            ("b/kustomization.yaml", "resources: [../a]\n"),
        ],
        ErrorKind::Cycle,
        "b/kustomization.yaml:1: resources[0]: cycle detected: candidate root 'a' contains visited root 'a'",
    );
}

#[test]
fn patches_need_their_target() {
    check(
        &[
            ("kustomization.yaml", "patches:\n- path: p.yaml\n"),
            (
                "p.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n",
            ),
        ],
        ErrorKind::Conflict,
        "p.yaml:1: patches[0]: ConfigMap.v1.[noGrp]/x.[noNs]: no resource matches strategic merge patch \
         \"ConfigMap.v1.[noGrp]/x.[noNs]\": no matches for Id ConfigMap.v1.[noGrp]/x.[noNs]; failed to find unique target \
         for patch ConfigMap.v1.[noGrp]/x.[noNs]",
    );
}

#[test]
fn syntax_errors_have_a_line() {
    check(
        &[
            ("kustomization.yaml", "resources: [a.yaml]\n"),
            ("a.yaml", "a: 1\nb: [\n"),
        ],
        ErrorKind::Syntax,
        "a.yaml:3: resources[0]: accumulating resources: MalformedYAMLError: yaml: line 3, column 1: did not find \
         expected node content",
    );
}

#[test]
fn copies_do_not_multiply_for_ever() {
    let mut patch = String::from("- {op: add, path: /x, value: {a: 1}}\n");
    for step in 0..64 {
        patch += &format!("- {{op: copy, from: /x, path: /x/c{step}}}\n");
    }
    let kustomization = format!(
        "resources: [a.yaml]\npatches:\n- target: {{kind: A}}\n  patch: |\n    {}",
        patch.replace('\n', "\n    ")
    );
    let files: MemFiles = [
        ("kustomization.yaml", kustomization.as_str()),
        ("a.yaml", "apiVersion: v1\nkind: A\nmetadata:\n  name: a\n"),
    ]
    .into_iter()
    .collect();
    let error = build(&files, ".", &Options::flux(), &NoRemote).expect_err("the value doubles each time");
    assert!(error.to_string().contains("bytes of copied values"), "{error}");
}

#[test]
fn deep_objects_are_refused_before_they_are_walked() {
    let deep = format!(
        "apiVersion: v1\nkind: A\nmetadata: {{name: a}}\nx: {}1{}\n",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let files: MemFiles = [("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", &deep)]
        .into_iter()
        .collect();
    let error = build(&files, ".", &Options::flux(), &NoRemote).expect_err("the object is too deep");
    assert_eq!((error.kind, error.line), (ErrorKind::Syntax, 4));
}
