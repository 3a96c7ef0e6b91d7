use flux_kustomize::{FileError, FileKind, Files, LoadRestrictor, MemFiles, NoRemote, Options, build};

#[track_caller]
fn check(files: &[(&str, &str)], path: &str, options: &Options, expect: Result<&str, &str>) {
    let files: MemFiles = files.iter().map(|(path, text)| (*path, *text)).collect();
    let outcome = build(&files, path, options, &NoRemote).and_then(|build| build.to_yaml());
    match (outcome, expect) {
        (Ok(ours), Ok(wanted)) => assert_eq!(ours, wanted),
        (Err(error), Err(wanted)) => assert_eq!(error.to_string(), wanted),
        (ours, wanted) => panic!("{ours:?} should be {wanted:?}"),
    }
}

const A: &str = "apiVersion: v1\nkind: A\nmetadata:\n  name: a\n";

#[test]
fn memory_lists_directories() {
    let files: MemFiles = [("a/b/c", "1"), ("a/d", "2"), ("a-b", "3"), ("./e//f/../g", "4")]
        .into_iter()
        .collect();
    assert_eq!(
        files.list(""),
        Ok(vec!["a".to_owned(), "a-b".to_owned(), "e".to_owned()])
    );
    assert_eq!(files.list("a"), Ok(vec!["b".to_owned(), "d".to_owned()]));
    assert_eq!(files.list("a/d"), Err(FileError::NotDirectory));
    assert_eq!(files.list("x"), Err(FileError::NotFound));
    assert_eq!(files.kind("a/b"), Some(FileKind::Directory));
    assert_eq!(files.kind("e/g"), Some(FileKind::File));
    assert_eq!(files.read("a"), Err(FileError::IsDirectory));
    assert_eq!(files.kind(""), Some(FileKind::Directory));
}

#[test]
fn files_outside_the_kustomization_are_restricted() {
    let files = [
        ("app/kustomization.yaml", "resources: [../a.yaml]\n"),
        ("a.yaml", A),
    ];
    let wanted = "app/kustomization.yaml:1: resources[0]: accumulating resources: security; file 'a.yaml' is not in or \
                  below 'app'";
    check(&files, "app", &Options::default(), Err(wanted));
    let open = Options {
        load_restrictor: LoadRestrictor::None,
        ..Options::default()
    };
    check(&files, "app", &open, Ok(A));
}

#[test]
fn nothing_leaves_the_root() {
    for (path, options) in [
        ("../a.yaml", Options::flux()),
        ("app/../../a.yaml", Options::flux()),
        ("/a.yaml", Options::flux()),
    ] {
        let kustomization = format!("resources: [{path}]\n");
        let wanted = format!(
            "kustomization.yaml:1: resources[0]: accumulating resources: '{path}': the path leads out of the root of the tree"
        );
        check(
            &[("kustomization.yaml", &kustomization)],
            ".",
            &options,
            Err(&wanted),
        );
    }
    check(
        &[],
        "..",
        &Options::flux(),
        Err("'..': the path leads out of the root of the tree"),
    );
}

#[test]
fn one_kustomization_file_is_wanted() {
    let none =
        "unable to find one of 'kustomization.yaml', 'kustomization.yml', 'Kustomization' in directory 'app'";
    check(&[("app/a.yaml", A)], "app", &Options::default(), Err(none));
    let two = [
        ("kustomization.yaml", "resources: []\n"),
        ("Kustomization", "resources: []\n"),
    ];
    let wanted = "Found multiple kustomization files under: .: kustomization.yaml, Kustomization";
    check(&two, ".", &Options::default(), Err(wanted));
    check(
        &two,
        "missing",
        &Options::default(),
        Err("'missing': no such file or directory"),
    );
}

#[test]
fn order_is_kept_for_flux() {
    let b = "apiVersion: v1\nkind: B\nmetadata:\n  name: b\n";
    let files = [
        ("kustomization.yaml", "resources: [b.yaml, a.yaml]\n"),
        ("a.yaml", A),
        ("b.yaml", b),
    ];
    check(&files, ".", &Options::flux(), Ok(&format!("{b}---\n{A}")));
    check(&files, ".", &Options::default(), Ok(&format!("{A}---\n{b}")));
}

#[test]
fn objects_know_where_they_came_from() {
    let text = format!("# first\n{A}---\napiVersion: v1\nkind: B\nmetadata:\n  name: b\n");
    let files: MemFiles = [
        (
            "kustomization.yaml",
            "resources: [base]\nconfigMapGenerator:\n- name: c\n",
        ),
        ("base/kustomization.yaml", "resources: [x.yaml]\n"),
        ("base/x.yaml", &text),
    ]
    .into_iter()
    .collect();
    let build = build(&files, "", &Options::flux(), &NoRemote).expect("the tree builds");
    let places: Vec<_> = build
        .objects
        .iter()
        .map(|object| (object.kind(), object.place().file.as_str(), object.place().line))
        .collect();
    assert_eq!(
        places,
        [
            ("A", "base/x.yaml", 2),
            ("B", "base/x.yaml", 7),
            ("ConfigMap", "kustomization.yaml", 3)
        ]
    );
}

#[test]
fn deprecated_fields_warn() {
    let files: MemFiles = [("kustomization.yaml", "namePrefix: a-\ncommonLabels: {a: b}\n")]
        .into_iter()
        .collect();
    let build = build(&files, "", &Options::flux(), &NoRemote).expect("the tree builds");
    let warnings: Vec<String> = build.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "kustomization.yaml:2: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to \
          update your Kustomization automatically."
        ]
    );
}
