use super::*;

#[track_caller]
fn check(change: impl Fn(&mut MemFiles), holds: bool) {
    let mut tree = files(&[("a/x.yaml", "x"), ("a/y.yaml", "y"), ("b.yaml", "b")]);
    let recording = RecordingFiles::new(&tree);
    recording.read("a/x.yaml").unwrap();
    recording.read("missing").unwrap_err();
    recording.list("a").unwrap();
    assert_eq!(recording.kind("b.yaml"), Some(FileKind::File));
    let closure = recording.closure();
    assert_eq!(closure.len(), 4);
    change(&mut tree);
    assert_eq!(closure.holds_for(&tree), holds);
}

#[test]
fn only_what_was_looked_at_counts() {
    check(|_| {}, true);
    check(|tree| tree.insert("a/x.yaml", "changed"), false);
    // Listed, but not read.
    check(|tree| tree.insert("a/y.yaml", "changed"), true);
    check(|tree| tree.insert("a/new.yaml", ""), false);
    check(|tree| tree.insert("missing", ""), false);
    // Only its kind was asked for.
    check(|tree| tree.insert("b.yaml", "changed"), true);
    check(|tree| drop(tree.remove("b.yaml")), false);
    check(|tree| tree.insert("other/z.yaml", ""), true);
}

#[test]
fn digests_follow_the_answers() {
    let digest = |text: &str, ask: &dyn Fn(&RecordingFiles<'_>)| {
        let tree = files(&[("a", text), ("b", "")]);
        let recording = RecordingFiles::new(&tree);
        ask(&recording);
        recording.closure().digest()
    };
    let read_a: &dyn Fn(&RecordingFiles<'_>) = &|files| drop(files.read("a"));
    let read_both: &dyn Fn(&RecordingFiles<'_>) =
        &|files| drop((files.read("b"), files.read("a"), files.read("a")));
    assert_eq!(digest("x", read_a), digest("x", read_a));
    assert_ne!(digest("x", read_a), digest("y", read_a));
    assert_ne!(digest("x", read_a), digest("x", read_both));
    assert!(digest("x", read_a).starts_with("sha256:"));
}

#[test]
fn remotes_are_noticed() {
    use flux_kustomize::Remote as _;
    let remote = RecordingRemote::new(&NoRemote);
    assert!(!remote.was_asked());
    assert!(remote.file("https://example.com/x.yaml").is_err());
    assert!(remote.was_asked());
}
