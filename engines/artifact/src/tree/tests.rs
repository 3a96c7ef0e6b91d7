use super::*;

fn tree(paths: &[&str]) -> Tree {
    let mut tree = Tree::new();
    for path in paths {
        tree.insert(path, path.as_bytes(), false).unwrap();
    }
    tree
}

#[track_caller]
fn refused(held: &[&str], path: &str, expect: &str) {
    let error = tree(held)
        .insert(path, b"".as_slice(), false)
        .unwrap_err()
        .to_string();
    assert!(error.contains(expect), "{error}");
}

#[test]
fn paths_stay_inside_and_clean() {
    refused(&[], "/etc/passwd", "absolute");
    refused(&[], "../x", "leaves the artifact");
    refused(&[], "a/../b", "leaves the artifact");
    refused(&[], "..", "leaves the artifact");
    refused(&[], "a\\b", "backslash");
    refused(&[], "", "not clean");
    refused(&[], "a//b", "not clean");
    refused(&[], "a/", "not clean");
    refused(&[], "./a", "not clean");
    refused(&[], &"a/".repeat(2100), "4096");
}

#[test]
fn a_file_is_no_directory() {
    refused(&["a"], "a/b", "is a file");
    refused(&["a"], "a/b/c", "is a file");
    refused(&["a/b/c"], "a/b", "there is a directory");
    tree(&["a"]).insert("a", b"new".as_slice(), true).unwrap();
    tree(&["a-b", "a/b"]).insert("a.c", b"".as_slice(), true).unwrap();
}

fn names<'a>(tree: &'a Tree, directory: &str) -> Vec<(&'a str, bool)> {
    let entries = tree.list(directory).into_iter();
    entries
        .map(|(name, entry)| (name, entry == Entry::Directory))
        .collect()
}

#[test]
fn lists_one_level() {
    let tree = tree(&["a-b", "a/b/c", "a/b/d", "a/e", "a0", "z"]);
    assert_eq!(
        names(&tree, ""),
        [("a", true), ("a-b", false), ("a0", false), ("z", false)]
    );
    assert_eq!(names(&tree, "."), names(&tree, ""));
    assert_eq!(names(&tree, "a"), [("b", true), ("e", false)]);
    assert_eq!(names(&tree, "a/b"), [("c", false), ("d", false)]);
    assert_eq!(names(&tree, "z"), []);
    assert_eq!(names(&tree, "none"), []);
}

#[test]
fn finds_entries() {
    let tree = tree(&["a/b"]);
    assert_eq!(tree.entry("a"), Some(Entry::Directory));
    assert_eq!(tree.entry(""), Some(Entry::Directory));
    assert!(matches!(tree.entry("a/b"), Some(Entry::File(_))));
    assert_eq!(tree.entry("a/"), None);
    assert_eq!(tree.entry("b"), None);
}

#[test]
fn a_subtree_starts_anew() {
    let whole = tree(&["a-b", "a/b/c", "a/d", "b"]);
    let paths: Vec<_> = whole
        .subtree("a")
        .iter()
        .map(|(path, _)| path.to_owned())
        .collect();
    assert_eq!(paths, ["b/c", "d"]);
    assert_eq!(whole.subtree("."), whole);
    assert!(whole.subtree("b").is_empty());
}

#[test]
fn size_counts_paths_and_content() {
    assert_eq!(tree(&["a", "bc"]).size(), 6);
}
