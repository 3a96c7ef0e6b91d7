use super::*;
use crate::{Limits, parse_all, to_string};

fn expand(text: &str) -> Result<String, String> {
    let mut root = parse_all(text, &Limits::default()).unwrap().remove(0).root;
    expand_aliases(&mut root)
        .map(|()| to_string(&root))
        .map_err(|error| error.to_string())
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(expand(text).unwrap(), expect);
}

#[track_caller]
fn check_error(text: &str, expect: &str) {
    assert_eq!(expand(text).unwrap_err(), expect);
}

#[test]
fn aliases() {
    check("a: &x [1]\nb: *x\n", "a: [1]\nb: [1]\n");
    check("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "a: 1\nb: 1\nc: 2\nd: 2\n");
    check("a: &unused 1\n", "a: 1\n");
    check_error(
        "a: &x [*x]\n",
        "yaml: line 1, column 8: anchor 'x' value contains itself",
    );
}

#[test]
fn merges() {
    check(
        "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n",
        "a: {p: 1, q: 2}\nb:\n  q: 3\n  p: 1\n",
    );
    check(
        "b:\n  <<: [{p: 1, q: 1}, {q: 2, r: 2}]\n",
        "b:\n  q: 1\n  r: 2\n  p: 1\n",
    );
    check("b:\n  \"<<\": 1\n", "b:\n  \"<<\": 1\n");
    check_error(
        "b:\n  <<: 1\n",
        "yaml: line 2, column 3: map merge requires map or sequence of maps as the value",
    );
    check_error(
        "b:\n  <<: {}\n  <<: {}\n",
        "yaml: line 3, column 3: duplicate merge key",
    );
}

#[test]
fn bombs_are_refused() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..12 {
        let refs = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
    }
    let error = expand(&text).unwrap_err();
    assert!(error.ends_with("document contains excessive aliasing"), "{error}");
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..3000 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(expand(&chain).is_err());
}

#[test]
fn duplicate_keys() {
    let check = |text: &str| check_duplicate_keys(&parse_all(text, &Limits::default()).unwrap()[0].root);
    assert!(check("a: 1\nb: {a: 2}\n").is_ok());
    let error = check("- x:\n    a: 1\n    a: 2\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "yaml: line 3, column 5: mapping key \"a\" already defined at line 2"
    );
}
