use super::*;

#[track_caller]
fn check(sorted: &[&str]) {
    let names: Vec<String> = sorted.iter().rev().map(|name| (*name).to_owned()).collect();
    let ours: Vec<&str> = sort_keys(
        names.iter().map(|name| (name.as_str(), ())).collect(),
        Dialect::V2,
    )
    .iter()
    .map(|(name, ())| *name)
    .collect();
    assert_eq!(ours, sorted);
}

#[test]
fn numbers_inside_names() {
    check(&["a1", "a2", "a10", "a100"]);
    check(&["1.1.1.1", "1.1.1.2", "1.1.1.10"]);
    check(&["1", "10", "100"]);
}

#[test]
fn letters_after_the_rest() {
    check(&["app.kubernetes.io/name", "appVersion"]);
    check(&["", "-", "A", "a", "b"]);
    check(&["a", "a.b", "ab"]);
}
