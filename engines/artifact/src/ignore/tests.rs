use proptest::prelude::*;

use super::*;

/// Rules, then what they keep and what they exclude.
#[track_caller]
fn check(rules: &str, kept: &[&str], excluded: &[&str]) {
    let mut ignore = Ignore::none();
    ignore.add("", rules);
    decided(&ignore, kept, excluded);
}

#[track_caller]
fn decided(ignore: &Ignore, kept: &[&str], excluded: &[&str]) {
    let excludes = |path: &&&str| ignore.excludes(path.trim_end_matches('/'), path.ends_with('/'));
    assert_eq!(kept.iter().find(excludes), None, "should be kept");
    assert_eq!(
        excluded.iter().find(|path| !excludes(path)),
        None,
        "should be excluded"
    );
}

#[test]
fn names_match_at_any_depth() {
    check(
        "value",
        &["val", "head/values"],
        &["value", "value/tail", "head/value", "head/value/tail"],
    );
    check("v*o", &["value"], &["a/volcano", "vo/x"]);
    check("vul?ano", &["vulcan"], &["vulkano"]);
    check("v[ou]l[kc]ano", &["valcano"], &["value/volcano", "vulkano"]);
    check("v[^o]l", &["vol"], &["val"]);
    check("v[a-c]l", &["vdl"], &["vbl"]);
    check("v[ou]l[", &["vol[", "vol"], &[]);
    check("a\\*", &["ab"], &["a*"]);
}

#[test]
fn a_slash_anchors() {
    check(
        "/value/vul?ano",
        &["head/value/vulkano", "value"],
        &["value/vulkano", "value/vulkano/tail"],
    );
    check("value/tail", &["head/value/tail"], &["value/tail/x"]);
    check("/deploy", &["x/deploy"], &["deploy", "deploy/x"]);
    check("/*/*", &["a"], &["a/b", "a/b/c"]);
}

#[test]
fn a_trailing_slash_wants_a_directory() {
    check(
        "value/",
        &["value", "head/value"],
        &["value/", "value/tail", "head/value/tail"],
    );
    check("a/b/", &["a/b", "x/a/b/"], &["a/b/", "a/b/c"]);
}

#[test]
fn two_stars_skip_directories() {
    check(
        "**/*lue/vol?ano",
        &["head/volcano"],
        &["value/volcano/tail", "head/value/volcano"],
    );
    check("**/.sops.yaml", &["sops.yaml"], &[".sops.yaml", "a/b/.sops.yaml"]);
    check(
        "head/**/tail",
        &["tail", "x/head/tail"],
        &["head/tail", "head/a/b/tail"],
    );
    check("head/**", &["x/head/y"], &["head", "head/x", "head/x/y"]);
    check("a/x**y/b", &["a/xy/b"], &[]);
}

#[test]
fn the_last_rule_decides_even_inside_an_excluded_directory() {
    check(
        "dir/*\n!dir/keep",
        &["dir/keep", "dir/keep/below"],
        &["dir/other"],
    );
    check(
        "/*\n!/deploy\n/deploy/*.txt",
        &["deploy/a.yaml"],
        &["src/a.yaml", "deploy/a.txt"],
    );
    check("!a\na", &[], &["a"]);
}

#[test]
fn comments_spaces_and_line_ends() {
    check("# a\n\n   \na \r\nb\\ ", &["# a"], &["a", "b "]);
}

#[test]
fn rules_are_valid_below_their_directory() {
    let ignore = Ignore::for_source([("apps/web", "/secret\n*.md"), ("", "!README.md")], None);
    decided(
        &ignore,
        &["secret", "x/apps/web/secret", "README.md", "apps/x.md"],
        &["apps/web/secret", "apps/web/d/x.md"],
    );
}

#[test]
fn defaults_vanish_with_the_first_rule_but_version_control_stays_out() {
    let defaults = Ignore::for_source([], Some("# only a comment\n"));
    decided(
        &defaults,
        &["a.yaml", "images/x.svg", "x/.gitkeep"],
        &[
            "a.png",
            "d/b.tar.gz",
            ".github/x",
            "d/.github/x",
            "d/.sops.yaml",
            ".gitignore",
            "d/.gitignore",
            ".git/config",
        ],
    );
    let own = Ignore::for_source([], Some("*.md"));
    decided(
        &own,
        &["a.png", ".github/x"],
        &["a.md", ".gitignore", "sub/.gitmodules", ".gitattributes"],
    );
}

#[test]
fn the_spec_comes_last() {
    let ignore = Ignore::for_source([("d", "*.txt")], Some("!d/keep.txt"));
    decided(&ignore, &["d/keep.txt", "x.txt"], &["d/x.txt"]);
}

#[test]
fn rules_are_found_in_the_tree() {
    let mut tree = Tree::new();
    tree.insert(".sourceignore", b"/a".as_slice(), false).unwrap();
    tree.insert("d/.sourceignore", b"/b\n".as_slice(), false).unwrap();
    decided(
        &Ignore::of_tree(&tree, Some("c")),
        &["b", "d/a", "x.png"],
        &["a", "d/b", "x/c"],
    );
}

proptest! {
    #[test]
    fn never_panics(rules in "([!a/*?\\[\\]\\\\ ^.#-]{0,12}\n){0,4}", path in "[ab./\\[-]{1,12}", is_dir: bool) {
        let mut ignore = Ignore::none();
        ignore.add("", &rules);
        let _ = ignore.excludes(&path, is_dir);
    }

    #[test]
    fn a_name_without_magic_matches_itself_only(pattern in "[a-z.]{1,8}", name in "[a-z.]{1,8}") {
        prop_assert_eq!(glob::matches(&pattern, &name), pattern == name);
    }
}
